"""The base of every action: one move of a session, from the tracker to events and messages."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import ActionExecutionRejection

from actions.resources import content
from bot.conversation import Conversation, Event, fold
from bot.customer import Scene, make_scene
from bot.errors import ConflictError, InvalidInputError, WarteschleifeError


class UnreadableTrackerError(Exception):
    """The events of a tracker are not what Rasa sends."""


class Move(Action, ABC):
    """A move of a session.

    Subclasses do the work in `play`; what goes wrong there is said to the user as a message whose `custom.error` names
    it, with no events, so that every host can show it and nothing is lost.
    """

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any] | None) -> list[Event]:
        """Run the move (called by a host).

        Raises:
            ActionExecutionRejection: when the tracker's events cannot be read; the action server answers with Rasa's form of it.
        """
        try:
            return self.play(dispatcher, tracker)
        except UnreadableTrackerError as error:
            raise ActionExecutionRejection(self.name(), str(error)) from error
        except WarteschleifeError as error:
            detail = {"kind": type(error).__name__, "message": error.message, "remedy": error.remedy}
            dispatcher.utter_message(text=str(error), json_message={"error": detail})
            return []

    @abstractmethod
    def play(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        """Do the move; return events.

        Raises:
            WarteschleifeError: with a message for the user.
        """


def set_slots(**values: Any) -> list[Event]:
    """Return slot events for the given values, in order."""
    return [SlotSet(name, value) for name, value in values.items()]


def message_of(tracker: Tracker) -> str:
    """Return the text of the latest message of the trainee."""
    return str((tracker.latest_message or {}).get("text") or "")


def arguments_of(tracker: Tracker) -> dict[str, Any]:
    """Return the arguments of a payload message `/name{"key": "value"}`.

    A Rasa assistant hands them over as entities; the raw text is read where it does not.

    Raises:
        InvalidInputError: when the braces do not hold JSON.
    """
    message = tracker.latest_message or {}
    entities = message.get("entities") or []
    if entities:
        return {str(entity.get("entity")): entity.get("value") for entity in entities}
    text = message_of(tracker)
    if "{" not in text:
        return {}
    try:
        parsed = json.loads(text[text.index("{") :])
    except json.JSONDecodeError as error:
        raise InvalidInputError(
            f"Die Angaben in geschweiften Klammern sind kein JSON (Zeichen {error.pos}).",
            'Beispiel: /start{"scenario": "phone-third-call", "seed": 7}',
        ) from error
    if not isinstance(parsed, Mapping):
        raise InvalidInputError("Die Angaben müssen ein JSON-Objekt sein.", 'Beispiel: {"seed": 7}')
    return dict(parsed)


def conversation_of(tracker: Tracker) -> Conversation:
    """Return the conversation a tracker holds.

    Raises:
        UnreadableTrackerError: naming what is wrong with its events.
    """
    events = tracker.events or []
    try:
        found = fold(events)
        return fold(_whole(events)) if isinstance(found.session.get("seed"), float) else found
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableTrackerError(f"The tracker's events cannot be read ({type(error).__name__}: {error}).") from error


def _whole(value: Any) -> Any:
    """Return JSON data with whole numbers as such: gRPC carries every number as a float."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [_whole(item) for item in value]
    return value


def running(conversation: Conversation) -> Conversation:
    """Return the conversation if it has been opened and not ended.

    Raises:
        ConflictError: otherwise.
    """
    if not conversation.session:
        raise ConflictError("Das Gespräch hat noch nicht begonnen.", 'Bitte mit /start{"scenario": "…"} beginnen.')
    if conversation.outcome:
        raise ConflictError("Das Gespräch ist zu Ende.", "Ein neues Gespräch beginnen oder von einer früheren Stelle aus weitermachen.")
    return conversation


def scene_of(conversation: Conversation) -> Scene:
    """Return the scene a conversation is played in."""
    session = conversation.session
    return make_scene(content(), session["scenario"], session["persona"], session["channel"])
