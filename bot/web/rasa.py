"""Rasa's REST channel on the built-in host: one sender is one conversation."""

import json
import re
from typing import Any

from bot.conversation import INTENT_FINISH, INTENT_HINT, INTENT_START
from bot.errors import InvalidInputError
from bot.session import Host
from bot.web.schemas import is_hidden

_PAYLOAD = re.compile(r"^/(\w+)\s*(\{.*\})?\s*$", re.DOTALL)


def begins(message: str) -> bool:
    """Tell whether a message begins a conversation."""
    payload = _PAYLOAD.match(message.strip())
    return payload is not None and payload[1] == INTENT_START


async def take(host: Host, sender: str, message: str, owner: str) -> list[dict[str, Any]]:
    """Take a message in Rasa's form and return the messages it brings about.

    Args:
        host: runs the conversation.
        sender: id of the conversation.
        message: free text, or a payload `/name{"key": "value"}`.
        owner: account of who is sending; a conversation that begins is theirs.

    Raises:
        NotFoundError: when the sender has not started yet.
        ConflictError: when the conversation has ended or was started before.
        InvalidInputError: for a payload that is no JSON or not known.
    """
    payload = _PAYLOAD.match(message.strip())
    if payload is None:
        _, exchange = await host.reply(sender, message)
        return [{"text": exchange.customer}]
    name, arguments = payload[1], _arguments(payload[2])
    if name == INTENT_START:
        _, conversation = await host.start(conversation_id=sender, owner=owner, **_start(arguments))
        return [{"text": conversation.exchanges[0].customer}]
    if name == INTENT_FINISH:
        finished = await host.finish(sender)
        if is_hidden(finished):
            return [{"text": "Abgegeben. Das Ergebnis gibt eine Teamleitung frei.", "custom": {"released": False}}]
        card = finished.scorecard or {}
        return [{"text": card.get("headline", ""), "custom": {"scorecard": card}}]
    if name == INTENT_HINT:
        hint = await host.hint(sender)
        return [{"text": hint["text"], "custom": {"hint": hint}}]
    if name.startswith("desk_"):
        result = await host.desk(sender, name.removeprefix("desk_"), arguments)
        shown = result["fault"]["message"] if "fault" in result else json.dumps(result["result"], ensure_ascii=False)
        return [{"text": shown, "custom": {"tool": dict(result)}}]
    raise InvalidInputError(f"Den Befehl „/{name}“ gibt es nicht.", "Möglich: /start{…}, /desk_<werkzeug>{…}, /finish oder freier Text.")


def _arguments(text: str | None) -> dict[str, Any]:
    if not text:
        return {}
    try:
        parsed = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidInputError(
            f"Die Angaben in geschweiften Klammern sind kein JSON (Zeichen {error.pos}).",
            'Beispiel: /start{"scenario": "phone-third-call"}',
        ) from error
    return dict(parsed)


def _start(arguments: dict[str, Any]) -> dict[str, Any]:
    allowed = ("scenario", "persona", "channel", "seed", "mode", "clock")
    unknown = set(arguments) - set(allowed)
    if unknown:
        raise InvalidInputError(f"Die Angabe „{sorted(unknown)[0]}“ gibt es nicht.", f"Erlaubt: {', '.join(allowed)}.")
    return {"scenario": "", **arguments}
