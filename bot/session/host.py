"""The host: takes a message, runs the action, appends what happened, answers.

It knows actions by name only. Everything it shows is folded from the stored events.
"""

import asyncio
import json
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.conversation import (
    ACTION_DESK,
    ACTION_FINISH,
    ACTION_HINT,
    ACTION_OPEN,
    ACTION_REPLY,
    INTENT_FINISH,
    INTENT_HINT,
    INTENT_REPLY,
    INTENT_START,
    SLOTS,
    Conversation,
    Event,
    Exchange,
    fold,
)
from bot.errors import ConflictError, InvalidInputError
from bot.session.runner import ActionResult, Runner, Tracker, raise_error
from bot.session.store import Finished, Header, Store
from bot.session.tables import SOLO

_LARGEST_SEED = 2**31 - 1
_AT_HAND = 64
"""Conversations whose events are kept in memory between two moves."""


class Host:
    """Runs conversations.

    Args:
        store: where events are kept.
        runner: where actions run.
    """

    def __init__(self, store: Store, runner: Runner, most_replies: int) -> None:
        self.store = store
        self.runner = runner
        self.most_replies = most_replies
        self._busy: dict[str, asyncio.Event] = {}
        self._latest: OrderedDict[str, list[Event]] = OrderedDict()

    async def start(
        self,
        scenario: str,
        persona: str = "",
        channel: str = "",
        seed: int | None = None,
        mode: str = "practice",
        conversation_id: str = "",
        clock: bool | None = None,
        owner: str = SOLO,
        attempt: str = "",
    ) -> tuple[str, Conversation]:
        """Begin a conversation.

        Args:
            scenario, persona, channel: the choice; empty persona and channel mean the scenario's own.
            seed: 0 to 2147483647; drawn when None, and always kept with the conversation.
            mode: practice or assessment.
            conversation_id: given by the client; drawn when empty.
            clock: whether waiting counts by the clock; None means only in an assessment.
            owner: account of the trainee.
            attempt: the attempt at an assessment that it belongs to; its result stays hidden until a lead releases it.

        Returns:
            The id and the conversation with the customer's first words.

        Raises:
            NotFoundError, InvalidInputError: for an unknown scenario or persona, or a value that is not allowed.
        """
        chosen = conversation_id or secrets.token_urlsafe(12)
        arguments: dict[str, Any] = {"scenario": scenario, "persona": persona, "channel": channel, "mode": mode}
        arguments["seed"] = secrets.randbelow(_LARGEST_SEED) if seed is None else seed
        if clock is not None:
            arguments["clock"] = clock
        if attempt:
            arguments["attempt"] = attempt
        message = _user_event(f"/{INTENT_START}{json.dumps(arguments, ensure_ascii=False)}", INTENT_START, arguments)
        new = await self._play(chosen, [], message, ACTION_OPEN)
        conversation = fold(new)
        session = conversation.session
        header = Header(chosen, owner, **{k: session[k] for k in ("scenario", "persona", "channel", "seed", "mode")})
        await self.store.create(header, new)
        return chosen, conversation

    async def conversation(self, conversation_id: str) -> Conversation:
        """Return a conversation.

        Raises:
            NotFoundError: when there is none of this id.
        """
        return fold(await self.store.read(conversation_id))

    async def reply(self, conversation_id: str, text: str, message_id: str = "") -> tuple[Conversation, Exchange]:
        """Take a reply of the trainee.

        Args:
            conversation_id: of the conversation.
            text: the reply.
            message_id: makes it idempotent: sent twice, it counts once and gets the same answer.

        Returns:
            The conversation after it, and this turn.

        Raises:
            ConflictError: when the conversation has ended, another reply was faster, or the message id was used for
                another text.
            InvalidInputError: for an empty, too long or unreadable reply.
        """
        while conversation_id in self._busy:
            await self._busy[conversation_id].wait()
            earlier = _earlier(await self.conversation(conversation_id), text, message_id)
            if earlier:
                return earlier
            raise ConflictError("Eine andere Antwort war schneller.", "Bitte das Gespräch neu laden; der Text bleibt erhalten.")
        done = self._busy[conversation_id] = asyncio.Event()
        try:
            return await self._reply(conversation_id, text, message_id)
        finally:
            del self._busy[conversation_id]
            done.set()

    async def _reply(self, conversation_id: str, text: str, message_id: str) -> tuple[Conversation, Exchange]:
        before = self._latest.get(conversation_id) or await self.store.read(conversation_id)
        so_far = fold(before)
        earlier = _earlier(so_far, text, message_id)
        if earlier:
            return earlier
        if so_far.turn >= self.most_replies:
            raise ConflictError(f"Das Gespräch hat schon {self.most_replies} Antworten.", "Bitte beenden und ein neues beginnen.")
        message = _user_event(text, INTENT_REPLY, {}, message_id)
        new = await self._play(conversation_id, before, message, ACTION_REPLY)
        conversation = fold([*before, *new])
        try:
            await self._append(conversation_id, before, new, conversation.outcome)
        except ConflictError:
            earlier = _earlier(await self.conversation(conversation_id), text, message_id)
            if earlier:
                return earlier
            raise
        return conversation, conversation.exchanges[-1]

    async def _append(
        self, conversation_id: str, before: list[Event], new: list[Event], outcome: str, finished: Finished | None = None
    ) -> None:
        """Store a move, and keep the events at hand for the next one.

        What is at hand may be behind the database when another process wrote: then the position of the new events is
        taken, the store says so, and the next move reads anew.
        """
        self._latest.pop(conversation_id, None)
        await self.store.append(conversation_id, len(before), new, outcome, finished)
        self._latest[conversation_id] = [*before, *new]
        while len(self._latest) > _AT_HAND:
            self._latest.popitem(last=False)

    async def desk(self, conversation_id: str, tool: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Call a tool of the desk; see `bot.desk`.

        Returns:
            `{tool, arguments, result | fault}`.

        Raises:
            NotFoundError: for an unknown tool or conversation.
            InvalidInputError: for wrong arguments.
            ConflictError: when the conversation has ended.
        """
        before = self._latest.get(conversation_id) or await self.store.read(conversation_id)
        name = f"{ACTION_DESK}_{tool}"
        message = _user_event(f"/desk_{tool}{json.dumps(dict(arguments), ensure_ascii=False)}", f"desk_{tool}", arguments)
        new = await self._play(conversation_id, before, message, name)
        conversation = fold([*before, *new])
        await self._append(conversation_id, before, new, conversation.outcome)
        result: Mapping[str, Any] = conversation.slots["tool"]
        return result

    async def finish(self, conversation_id: str) -> Conversation:
        """End a conversation and return it with its scorecard; a second call changes nothing.

        Raises:
            NotFoundError: when there is none of this id.
        """
        before = await self.store.read(conversation_id)
        conversation = fold(before)
        if conversation.scorecard is not None:
            return conversation
        new = await self._play(conversation_id, before, _user_event(f"/{INTENT_FINISH}", INTENT_FINISH, {}), ACTION_FINISH)
        conversation = fold([*before, *new])
        card = conversation.scorecard
        finished = Finished(card["empathy"], card["resolution"], card["examples"], card["skills"]) if card else None
        try:
            await self._append(conversation_id, before, new, conversation.outcome, finished)
        except ConflictError:
            return await self.finish(conversation_id)
        return conversation

    async def hint(self, conversation_id: str) -> Mapping[str, Any]:
        """Give the next step of a hint for the next reply.

        Returns:
            `{turn, step, need, text}`.

        Raises:
            NotFoundError: when there is none of this id.
            ConflictError: when it has ended, or is an assessment.
        """
        before = self._latest.get(conversation_id) or await self.store.read(conversation_id)
        new = await self._play(conversation_id, before, _user_event(f"/{INTENT_HINT}", INTENT_HINT, {}), ACTION_HINT)
        conversation = fold([*before, *new])
        await self._append(conversation_id, before, new, conversation.outcome)
        return conversation.hints[-1]

    async def delete(self, conversation_id: str) -> None:
        """Delete a conversation for good, from memory and from the database.

        Raises:
            NotFoundError: when there is none of this id.
            ConflictError: for a conversation of an assessment, which belongs to its result.
        """
        if (await self.conversation(conversation_id)).session.get("attempt"):
            raise ConflictError("Dieses Gespräch gehört zu einer Prüfung.", "Es wird mit dem Konto gelöscht.")
        self._latest.pop(conversation_id, None)
        await self.store.delete(conversation_id)

    async def release(self, conversation_id: str) -> None:
        """Let the trainee of an assessment see its scorecard; done twice, nothing changes."""
        before = await self.store.read(conversation_id)
        conversation = fold(before)
        if conversation.session.get("released"):
            return
        session = {**conversation.session, "released": True}
        new: list[Event] = [{"event": "slot", "timestamp": time.time(), "name": "session", "value": session}]
        await self._append(conversation_id, before, new, conversation.outcome)

    async def delete_all(self, owner: str) -> None:
        """Delete all conversations of a person for good."""
        await self.store.delete_all(owner)
        self.forget()

    def forget(self) -> None:
        """Forget what is kept at hand; the database is asked anew."""
        self._latest.clear()

    async def branch(self, conversation_id: str, turn: int) -> tuple[str, Conversation]:
        """Begin a new conversation that goes on after a turn of this one.

        Args:
            conversation_id: of the conversation to copy from.
            turn: last turn to keep, from 0 (only the opening).

        Raises:
            InvalidInputError: when there is no such turn.
            ConflictError: in an assessment, where branches are not allowed.
        """
        before = await self.store.read(conversation_id)
        conversation = fold(before)
        if conversation.session.get("mode") == "assessment":
            raise ConflictError("In einer Prüfung gibt es kein Zurück.", "Zum Üben ein neues Gespräch beginnen.")
        if not 0 <= turn <= conversation.turn:
            raise InvalidInputError(f"Den Zug {turn} gibt es nicht.", f"Möglich: 0 bis {conversation.turn}.")
        kept = before[: conversation.exchanges[turn].position]
        gone_by = time.time() - max(item["timestamp"] for item in kept)  # the clock goes on from now
        kept = [{k: v for k, v in item.items() if k != "message_id" or item["event"] != "user"} for item in kept]
        kept = [{**item, "timestamp": item["timestamp"] + gone_by} for item in kept]
        fresh = secrets.token_urlsafe(12)
        branched = fold(kept)
        session = branched.session
        if branched.outcome:
            raise InvalidInputError(f"Mit Zug {turn} endet das Gespräch.", "Eine frühere Stelle wählen.")
        owner = (await self.store.header(conversation_id)).owner
        header = Header(fresh, owner, **{k: session[k] for k in ("scenario", "persona", "channel", "seed", "mode")})
        await self.store.create(replace(header, branch_of=conversation_id, branch_turn=turn), kept)
        return fresh, branched

    async def _play(self, conversation_id: str, before: list[Event], message: Event, action: str) -> list[Event]:
        """Run an action on a message and return all events of the move, in the order a Rasa tracker has them."""
        tracker = _tracker(conversation_id, [*before, message])
        result = await self.runner.run(action, tracker)
        raise_error(result.responses)
        return [message, *_events_of(action, result)]


def _earlier(conversation: Conversation, text: str, message_id: str) -> tuple[Conversation, Exchange] | None:
    """Return the turn that a message id has already brought about."""
    if not message_id:
        return None
    for exchange in conversation.exchanges:
        if exchange.message_id == message_id:
            if exchange.reply.split() != text.split():
                raise ConflictError(
                    f"Die message_id „{message_id}“ gehört schon zu einer anderen Antwort.", "Für jede Antwort eine neue Kennung verwenden."
                )
            return conversation, exchange
    return None


def _user_event(text: str, intent: str, arguments: Mapping[str, Any], message_id: str = "") -> Event:
    entities = [{"entity": name, "value": value} for name, value in arguments.items()]
    parse = {"text": text, "intent": {"name": intent, "confidence": 1.0}, "entities": entities}
    event: Event = {"event": "user", "timestamp": time.time(), "text": text, "parse_data": parse, "input_channel": "rest"}
    return event | ({"message_id": message_id} if message_id else {})


def _events_of(action: str, result: ActionResult) -> list[Event]:
    now = time.time()
    said = [
        {
            "event": "bot",
            "timestamp": now,
            "text": response.get("text"),
            "data": {"custom": response.get("custom") or {}},
        }
        for response in result.responses
    ]
    changed = [{**item, "timestamp": item.get("timestamp") or now} for item in result.events]
    return [{"event": "action", "timestamp": now, "name": action}, *said, *changed]


def _tracker(conversation_id: str, events: list[Event]) -> Tracker:
    slots: dict[str, Any] = dict.fromkeys(SLOTS)
    for item in events:
        if item["event"] == "slot":
            slots[item["name"]] = item.get("value")
    message = events[-1]
    return {
        "sender_id": conversation_id,
        "slots": slots,
        "latest_message": {**message["parse_data"], "message_id": message.get("message_id")},
        "events": events,
        "paused": False,
        "followup_action": None,
        "active_loop": {},
        "latest_action_name": "action_listen",
        "latest_event_time": message["timestamp"],
    }
