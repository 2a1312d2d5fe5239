"""What a check sees of a conversation, and what it says: `Look` and `Finding`."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bot.content.schema import Scenario
from bot.conversation import Conversation, Exchange

_SENTENCE_END = ".!?\n"


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a reply.

    Attributes:
        turn: number of the reply, from 1.
        start, end: character range in it.
        quote: its words.
    """

    turn: int
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class DeskCall:
    """A call of a desk tool.

    Attributes:
        turn: number of replies before it.
        tool: its name.
    """

    turn: int
    tool: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a must-do was held in a conversation.

    Attributes:
        held: True, False, or None when the conversation gave no occasion.
        remark: a German sentence that says why.
        evidence: where it can be seen; empty where it rests on something that is not there.
    """

    held: bool | None
    remark: str
    evidence: tuple[Place | DeskCall, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data; a place has a `quote`, a desk call a `tool`."""
        return {"held": self.held, "remark": self.remark, "evidence": [asdict(item) for item in self.evidence]}


@dataclass(frozen=True)
class Look:
    """What a check looks at.

    Attributes:
        conversation: finished or not.
        scenario: of the conversation.
        names: names the customer can be addressed by: surname, and the first name where trainee and customer say du.
        numbers, patterns: settings of the must-do (data/assessment/musts.yml).
    """

    conversation: Conversation
    scenario: Scenario
    names: tuple[str, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)
    patterns: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def replies(self) -> tuple[Exchange, ...]:
        """The turns with a reply, in order."""
        return tuple(e for e in self.conversation.exchanges if e.turn and e.rating)

    @property
    def customer(self) -> Mapping[str, Any]:
        """What the customer remembers in the end."""
        return self.conversation.slots.get("customer") or {}

    @property
    def desk(self) -> Mapping[str, Any]:
        """The desk as it was left."""
        return self.conversation.slots.get("desk") or {}

    def with_acts(self, *acts: str, among: Iterable[Exchange] | None = None) -> list[Place]:
        """Return the stretches that do any of the acts, each once, in order."""
        chosen = self.replies if among is None else among
        return [place for e in chosen for place in _places(e, (i for i in evidence_of(e) if i["act"] in acts and not i.get("component")))]

    def earning(self, component: str, level: int, *acts: str, among: Iterable[Exchange] | None = None) -> list[Place]:
        """Return the stretches that earn a component at least a level; with acts, only those that rest on one of them."""
        chosen = self.replies if among is None else among
        return [
            place
            for e in chosen
            for place in _places(
                e,
                (
                    i for i in evidence_of(e)
                    if i.get("component") == component and i["level"] >= level and (not acts or i["act"] in acts)
                ),
            )
        ]  # fmt: skip

    def noted(self, *notes: str) -> list[Exchange]:
        """Return the replies whose rating holds any of the notes."""
        return [e for e in self.replies if set(notes) & set((e.rating or {})["notes"])]

    def caused(self, *causes: str) -> list[Exchange]:
        """Return the replies that moved the customer by any of the causes."""
        return [e for e in self.replies if any(change["cause"] in causes for change in e.because)]

    def matching(self, *names: str, among: Iterable[Exchange] | None = None) -> Iterator[Place]:
        """Yield the stretches that match one of the named lists of patterns; upper and lower case are told apart."""
        for e in self.replies if among is None else among:
            for name in names:
                for pattern in self.patterns[name]:
                    for match in re.finditer(pattern, e.reply):
                        yield Place(e.turn, match.start(), match.end(), match.group())

    def calls(self, *tools: str) -> list[Mapping[str, Any]]:
        """Return the calls of the given desk tools, in order."""
        return [call for call in self.conversation.tools if call["tool"] in tools]


def evidence_of(exchange: Exchange) -> Sequence[Mapping[str, Any]]:
    """Return the evidence of a reply's rating."""
    found: Sequence[Mapping[str, Any]] = (exchange.rating or {}).get("evidence", ())
    return found


def _places(exchange: Exchange, items: Iterable[Mapping[str, Any]]) -> list[Place]:
    spans = dict.fromkeys((item["start"], item["end"]) for item in items)
    return [Place(exchange.turn, start, end, exchange.reply[start:end]) for start, end in spans]


def whole(exchange: Exchange) -> Place:
    """Return a reply as a place."""
    return Place(exchange.turn, 0, len(exchange.reply), exchange.reply)


def sentence(exchange: Exchange, start: int, end: int) -> Place:
    """Return the stretch around a range: the one that was rated, else the sentence."""
    rated = [(i["start"], i["end"]) for i in evidence_of(exchange) if i["start"] <= start and end <= i["end"]]
    if rated:
        start, end = min(rated, key=lambda span: span[1] - span[0])
    else:
        while start and exchange.reply[start - 1] not in _SENTENCE_END:
            start -= 1
        while end < len(exchange.reply) and exchange.reply[end - 1] not in _SENTENCE_END:
            end += 1
    return Place(exchange.turn, start, end, exchange.reply[start:end])


def desk_call(call: Mapping[str, Any]) -> DeskCall:
    """Return a call of the conversation as evidence."""
    return DeskCall(call.get("turn", 0), call["tool"])


def once_each(places: Iterable[Any]) -> tuple[Any, ...]:
    """Return evidence without doubles, in order of appearance."""
    return tuple(dict.fromkeys(places))
