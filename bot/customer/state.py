"""What the customer remembers and feels: the state that a conversation folds to."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from bot.acts import MOOD_NAMES

OPEN, STATED, INSISTED, OFFERED, PROMISED, DONE, REFUSED = "open", "stated", "insisted", "offered", "promised", "done", "refused"
CONCEDED = "conceded"
"""Met by less than was wished: taken, grudgingly."""
MET = frozenset({PROMISED, DONE, CONCEDED})
"""Demand states that satisfy the customer."""


_TUPLES = ("told", "informed", "used", "noticed", "lost")


@dataclass(frozen=True, slots=True)
class Mood:
    """The customer's inner state, each value 0..1."""

    anger: float
    trust: float
    heard: float
    patience: float

    def moved(self, amounts: Mapping[str, float], anger_floor: float) -> "Mood":
        """Return the mood after adding amounts, cut to 0..1 and rounded to three places; anger stays above its floor."""
        values = {name: min(1.0, max(0.0, getattr(self, name) + amounts.get(name, 0.0))) for name in MOOD_NAMES}
        values["anger"] = max(values["anger"], anger_floor)
        return Mood(**{name: round(value, 3) for name, value in values.items()})


@dataclass(frozen=True, slots=True)
class Promise:
    """A commitment of the trainee as the customer remembers it."""

    what: str
    by: str
    at: str | None
    made_in_turn: int
    demands: tuple[str, ...] = ()
    kept: bool | None = None


@dataclass(frozen=True, slots=True)
class CustomerState:
    """Everything about the customer that changes.

    Attributes:
        mood: how they feel.
        told: story pieces told.
        given: facts given away, fact -> turn in which it was given first.
        demands: demand -> open, stated, insisted, offered, conceded, promised, done or refused.
        informed: information the trainee has told.
        promises: commitments remembered.
        causes: cause -> how often it has moved the mood.
        used: keys of the lines already said.
        stuck: replies in a row in which nothing moved.
        awaiting_supervisor: replies since the supervisor was demanded; None while not demanded.
        sent_away: how often the trainee closed the open case.
        waiting_time: demand for which a time was asked back; empty for none.
        trainee: the name the trainee gave.
        threatened: whether consequences were announced.
        confided_in: turn in which a hidden fact was last told unasked.
        holding: seconds the trainee asked for in the last reply; 0 when they did not.
        noticed: demands that the customer has seen done.
        swallowed: what the bad line swallowed in the last turn, to be said again; empty for nothing.
        lost: facts that went under with it: being asked for them is no asking again.
        outcome: how it ended; empty while it goes on.
    """

    mood: Mood
    told: tuple[str, ...] = ()
    given: Mapping[str, int] = field(default_factory=dict)
    demands: Mapping[str, str] = field(default_factory=dict)
    informed: tuple[str, ...] = ()
    promises: tuple[Promise, ...] = ()
    causes: Mapping[str, int] = field(default_factory=dict)
    used: tuple[str, ...] = ()
    stuck: int = 0
    awaiting_supervisor: int | None = None
    sent_away: int = 0
    waiting_time: str = ""
    trainee: str = ""
    threatened: bool = False
    confided_in: int = 0
    holding: float = 0.0
    noticed: tuple[str, ...] = ()
    swallowed: str = ""
    lost: tuple[str, ...] = ()
    outcome: str = ""

    def with_(self, **changes: Any) -> "CustomerState":
        """Return a copy with some fields changed."""
        return replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data (the slot `customer`)."""
        plain = asdict(self)
        plain |= {name: list(getattr(self, name)) for name in _TUPLES}
        plain["promises"] = [asdict(p) | {"demands": list(p.demands)} for p in self.promises]
        return plain

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "CustomerState":
        """Return the state that `to_dict` described."""
        plain = dict(data)
        plain["mood"] = Mood(**plain["mood"])
        plain["promises"] = tuple(Promise(**(p | {"demands": tuple(p["demands"])})) for p in plain["promises"])
        for name in _TUPLES:
            plain[name] = tuple(plain[name])
        return cls(**plain)


@dataclass(frozen=True, slots=True)
class MoodChange:
    """Why the mood moved.

    Attributes:
        cause: name of the cause in config.yml.
        amount: mood name -> what it added.
        start, end: character range in the reply, or None when the cause is the reply as a whole.
    """

    cause: str
    amount: Mapping[str, float]
    start: int | None = None
    end: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data."""
        span = None if self.start is None else [self.start, self.end]
        return {"cause": self.cause, "amount": dict(self.amount), "span": span}


@dataclass(frozen=True, slots=True)
class CustomerTurn:
    """What the customer says and how they are afterwards.

    Attributes:
        text: the message; paragraphs or chat bubbles are separated by line breaks.
        acts: what it does.
        state: the new state.
        because: every change of mood with its reason.
    """

    text: str
    acts: tuple[str, ...]
    state: CustomerState
    because: tuple[MoodChange, ...] = ()
