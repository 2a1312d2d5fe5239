"""Running actions: in process through rasa-sdk's executor, or on a remote action server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot import errors
from bot.config import ActionEndpoint
from bot.conversation import Event

Tracker = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What an action gave back: events and messages, in Rasa's form."""

    events: Sequence[Event]
    responses: Sequence[Mapping[str, Any]]


class Runner(Protocol):
    """Runs an action by name on a tracker."""

    async def run(self, action: str, tracker: Tracker) -> ActionResult:
        """Run it."""

    async def close(self) -> None:
        """Let go of connections."""


class InProcess:
    """Runs actions through `rasa_sdk.executor.ActionExecutor` in this process."""

    def __init__(self) -> None:
        from rasa_sdk.executor import ActionExecutor

        self.executor = ActionExecutor()
        self.executor.register_package("actions")

    async def run(self, action: str, tracker: Tracker) -> ActionResult:
        """Run an action; see `Runner`."""
        from rasa_sdk.interfaces import ActionNotFoundException

        call = {"next_action": action, "sender_id": tracker["sender_id"], "tracker": tracker, "domain": {}}
        try:
            result = await self.executor.run(call)
        except ActionNotFoundException:
            result = None
        if result is None:
            raise _unknown(action)
        return ActionResult(result.events, result.responses)

    async def close(self) -> None:
        """Nothing to let go of."""


class Remote:
    """Runs actions on an action server (`python -m rasa_sdk --actions actions`)."""

    def __init__(self, endpoint: ActionEndpoint) -> None:
        import httpx

        self.url = endpoint.url.rstrip("/") + ("" if endpoint.url.rstrip("/").endswith("/webhook") else "/webhook")
        self.client = httpx.AsyncClient(timeout=endpoint.timeout, trust_env=False)

    async def run(self, action: str, tracker: Tracker) -> ActionResult:
        """Run an action; see `Runner`.

        Raises:
            StorageError: when the action server cannot be reached or answers with an error.
        """
        import httpx

        call = {"next_action": action, "sender_id": tracker["sender_id"], "tracker": tracker, "domain": {}}
        try:
            answer = await self.client.post(self.url, json=call)
        except httpx.HTTPError as error:
            raise errors.StorageError(
                f"Der Aktionsserver {self.url} antwortet nicht ({type(error).__name__}).",
                "Läuft er? action_endpoint.url in config.yml prüfen.",
            ) from error
        if answer.status_code == 404:
            raise _unknown(action)
        if answer.status_code != 200:
            raise errors.StorageError(
                f"Der Aktionsserver {self.url} meldet Fehler {answer.status_code}.", "Sein Protokoll nennt den Grund."
            )
        body = answer.json()
        return ActionResult(body["events"], body["responses"])

    async def close(self) -> None:
        """Close the connection."""
        await self.client.aclose()


def _unknown(action: str) -> errors.NotFoundError:
    name = action.removeprefix("action_").removeprefix("desk_")
    return errors.NotFoundError(f"„{name}“ gibt es nicht.", "GET /api/v1/tools nennt die Werkzeuge.")


def make_runner(endpoint: ActionEndpoint) -> Runner:
    """Return the runner that config.yml asks for."""
    return Remote(endpoint) if endpoint.url else InProcess()


def raise_error(responses: Sequence[Mapping[str, Any]]) -> None:
    """Raise the error that an action reported in its messages, if it did."""
    for response in responses:
        detail = (response.get("custom") or {}).get("error")
        if detail:
            kind = getattr(errors, detail["kind"], errors.WarteschleifeError)
            raise kind(detail["message"], detail["remedy"])
