"""A conversation: an append-only list of events in Rasa's format, and everything that is folded from it.

The moves of a session leave their results in slots (Rasa's `slot` events); `fold` reads them back. Nothing else is
stored, so resume, replay, branch and audit all read the same list.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.understanding import Turn

Event = dict[str, Any]
SLOTS = ("session", "customer", "desk", "rating", "mood", "because", "outcome", "scorecard", "tool", "hint")
"""The slots that moves write; the domain of the Rasa example lists the same."""

ACTION_OPEN, ACTION_REPLY, ACTION_FINISH, ACTION_HINT, ACTION_DESK = (
    "action_session_open",
    "action_trainee_reply",
    "action_session_finish",
    "action_hint",
    "action_desk",
)
INTENT_REPLY, INTENT_START, INTENT_FINISH, INTENT_HINT = "reply", "start", "finish", "hint"
HINT_STEPS = ("question", "direction", "example")
"""The steps of a hint, the least telling first."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn: a reply and what it set off (turn 0 is the customer's opening, with an empty reply).

    Attributes:
        turn: number, from 0.
        reply: what the trainee wrote.
        message_id: given by the client, or empty.
        customer: the customer's answer.
        acts: of the answer.
        mood: after the turn.
        because: reasons of its changes.
        rating: of the reply, or None.
        tools: desk calls since the turn before.
        position: index of the last event of this turn in the conversation, exclusive.
    """

    turn: int
    reply: str
    message_id: str
    customer: str
    acts: tuple[str, ...]
    mood: Mapping[str, float]
    because: Sequence[Mapping[str, Any]]
    rating: Mapping[str, Any] | None
    tools: tuple[Mapping[str, Any], ...]
    position: int


@dataclass(frozen=True, slots=True)
class Conversation:
    """What the events of one conversation fold to.

    Attributes:
        session: scenario, persona, channel, seed, mode, … as given at the opening; empty before it.
        slots: latest value of every slot.
        exchanges: the turns, in order.
        outcome: how it ended; empty while it goes on.
        scorecard: of the finished conversation, or None.
        open_tools: desk calls since the last turn.
        hints: every hint given, in order: {turn, step, need, text}.
        count: number of events folded.
    """

    session: Mapping[str, Any] = field(default_factory=dict)
    slots: Mapping[str, Any] = field(default_factory=dict)
    exchanges: tuple[Exchange, ...] = ()
    outcome: str = ""
    scorecard: Mapping[str, Any] | None = None
    open_tools: tuple[Mapping[str, Any], ...] = ()
    hints: tuple[Mapping[str, Any], ...] = ()
    count: int = 0

    @property
    def turn(self) -> int:
        """Number of replies so far."""
        return len(self.exchanges) - 1 if self.exchanges else 0

    @property
    def tools(self) -> tuple[Mapping[str, Any], ...]:
        """All desk calls, in order."""
        return (*(tool for exchange in self.exchanges for tool in exchange.tools), *self.open_tools)

    @property
    def examples(self) -> int:
        """Number of hints taken to the last step, the example."""
        return sum(hint["step"] == HINT_STEPS[-1] for hint in self.hints)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The conversation as turns for the understanding, oldest first."""
        said = []
        for exchange in self.exchanges:
            if exchange.turn:
                said.append(Turn("agent", exchange.reply))
            said.append(Turn("customer", exchange.customer))
        return tuple(said)


class _Fold:
    """Collects turns while walking over events."""

    def __init__(self) -> None:
        self.slots: dict[str, Any] = {}
        self.exchanges: list[Exchange] = []
        self.tools: list[Mapping[str, Any]] = []
        self.hints: list[Mapping[str, Any]] = []
        self.message: Event | None = None
        self.said: list[str] = []
        self.acts: list[str] = []
        self.action = ""

    def close(self, position: int) -> None:
        """Finish the turn in progress, if there is one."""
        if not self.said or self.action not in {ACTION_OPEN, ACTION_REPLY}:
            self.said, self.acts = [], []
            return
        message = self.message or {}
        is_reply = self.action == ACTION_REPLY
        self.exchanges.append(
            Exchange(
                turn=len(self.exchanges),
                reply=message.get("text") or "" if is_reply else "",
                message_id=message.get("message_id") or "" if is_reply else "",
                customer="\n".join(self.said),
                acts=tuple(self.acts),
                mood=self.slots.get("mood") or {},
                because=self.slots.get("because") or (),
                rating=self.slots.get("rating") if is_reply else None,
                tools=tuple(self.tools),
                position=position,
            )
        )
        self.said, self.acts, self.tools, self.message = [], [], [], None

    def take(self, event: Event) -> None:
        """Fold one event in."""
        kind = event.get("event")
        if kind == "user":
            self.message = event
        elif kind == "action":
            self.action = event.get("name") or ""
        elif kind == "bot":
            self.said.append(event.get("text") or "")
            data = event.get("data") or {}
            self.acts += (data.get("custom") or data).get("acts") or []
        elif kind == "slot":
            self.slots[event["name"]] = event.get("value")
            if event["name"] == "tool" and event.get("value"):
                self.tools.append(event["value"])
            if event["name"] == "hint" and event.get("value"):
                self.hints.append(event["value"])
        elif kind == "restart":
            self.__init__()  # type: ignore[misc]


def fold(events: Iterable[Event]) -> Conversation:
    """Return the conversation that a list of Rasa events describes.

    Events of other actions (listening, rules, forms) are passed over, so that trackers of a real Rasa assistant fold
    the same way as those of the built-in host.
    """
    state = _Fold()
    count = 0
    for event in events:
        if event.get("event") == "action" or (event.get("event") == "user"):
            state.close(count)
        state.take(event)
        count += 1
    state.close(count)
    return Conversation(
        session=state.slots.get("session") or {},
        slots=state.slots,
        exchanges=tuple(state.exchanges),
        outcome=state.slots.get("outcome") or "",
        scorecard=state.slots.get("scorecard"),
        open_tools=tuple(state.tools),
        hints=tuple(state.hints),
        count=count,
    )
