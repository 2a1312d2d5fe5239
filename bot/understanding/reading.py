"""What goes into the understanding and what comes out: `Context` and `Reading`."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Role = Literal["customer", "agent"]
TopicKind = Literal["question", "mention", "demand", "refusal", "information", "lesser", "beyond"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One message before the reply."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Topic:
    """Something of the case that a reply may address, with examples of how it is said.

    Attributes:
        id: fact, demand or information id.
        kind: what addressing it means; the same id can have several kinds.
        examples: ways to say it.
        general: id of a question topic of data/nlu/, whose examples count as well; empty for none.
    """

    id: str
    kind: TopicKind
    examples: tuple[str, ...]
    general: str = ""


@dataclass(frozen=True, eq=False)
class Topics:
    """The topics of one case. Compared by identity: made once per scenario, so that its index is built once.

    Attributes:
        items: the topics.
    """

    items: tuple[Topic, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """Everything a reply is read in.

    Attributes:
        turns: what was said before, oldest first.
        channel: phone, chat, email or social.
        now: the conversation's own clock, for relative times; None when it is unknown.
        topics: what this case is about; None for a transcript without a scenario.
        customer_name: surname of the customer, where it is known.
        known: facts as texts that the customer has given but that `turns` may not hold word by word.
    """

    turns: tuple[Turn, ...] = ()
    channel: str = "chat"
    now: datetime | None = None
    topics: "Topics | None" = None
    customer_name: str = ""
    known: tuple[str, ...] = ()

    def said_by(self, role: Role) -> list[str]:
        """Return the texts of one side, oldest first."""
        return [turn.text for turn in self.turns if turn.role == role]


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the reply, with what it does and how strongly.

    Attributes:
        start, end: character range in the reply.
        text: the stretch.
        acts: the acts it performs.
        strengths: component -> 1 or 2, what the stretch earns by itself; absent where nothing.
        respect: violation of respect, 0 to 2.
        back: whether it moves the case back.
        likely: component or `respect` -> probabilities (0..1) of at least level 1 and of level 2, what the levels were
            decided on; `back` -> (probability, 0).
    """

    start: int
    end: int
    text: str
    acts: tuple[str, ...] = ()
    strengths: dict[str, int] = field(default_factory=dict)
    respect: int = 0
    back: bool = False
    likely: dict[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TimeMention:
    """A time in a reply.

    Attributes:
        text: as written ("morgen früh um zehn").
        start, end: character range in the reply.
        at: normalised local time in ISO 8601 when the conversation's clock is known, else None.
        minutes: for durations ("in zwei Stunden"), the length in minutes, else None.
        precision: how exact it is.
    """

    text: str
    start: int
    end: int
    at: str | None
    minutes: int | None
    precision: Literal["minute", "part_of_day", "day", "week", "vague"]


@dataclass(frozen=True, slots=True)
class Commitment:
    """Who promised what by when.

    Attributes:
        what: the promising words.
        by: the time as said; empty where none was.
        at: the time normalised (ISO 8601), or None.
        precision: of the time, or `none`.
        start, end: character range of the promise in the reply.
        topics: demands it serves, as far as they were recognised.
    """

    what: str
    by: str
    at: str | None
    precision: str
    start: int
    end: int
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TopicHit:
    """A topic that a segment addresses.

    Attributes:
        id, kind: of the topic.
        score: likeness, 0..1.
        start, end: character range of the segment.
    """

    id: str
    kind: TopicKind
    score: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Grounding:
    """How the reply relates to what was said before it.

    Attributes:
        shared_numbers: numbers of the customer that the reply takes up.
        wrong_facts: (said, right) pairs: a number, weekday or street of the customer repeated wrongly.
        wrong_names: names the customer is addressed by that are not theirs.
        shared_words: content stems taken over from the customer.
        repeated: segments said before in this conversation, as texts.
        contradicted: (earlier time, new time) pairs: the same thing promised for another time, without a word about it.
    """

    shared_numbers: tuple[str, ...] = ()
    wrong_facts: tuple[tuple[str, str], ...] = ()
    wrong_names: tuple[str, ...] = ()
    shared_words: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    contradicted: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """All that was understood in one reply.

    Attributes:
        text: the reply.
        segments: its stretches with acts and strengths.
        asked, mentioned, met, refused, told: topics addressed (facts asked for, facts mentioned, demands met or
            refused, information told).
        lesser: demands that a smaller step than the wished one was named for.
        beyond: what was promised although the company does not grant it.
        commitments: promises, with normalised times.
        times: every time named.
        grounding: relation to what was said before.
        flags: `empty`, `gibberish`, `english`, `to_machine`, `heap`, `wall_of_text`, `aber`, `shouting`.
        name: the name the trainee introduced themselves with, or empty.
    """

    text: str
    segments: tuple[Segment, ...] = ()
    asked: tuple[TopicHit, ...] = ()
    mentioned: tuple[TopicHit, ...] = ()
    met: tuple[TopicHit, ...] = ()
    refused: tuple[TopicHit, ...] = ()
    told: tuple[TopicHit, ...] = ()
    lesser: tuple[TopicHit, ...] = ()
    beyond: tuple[TopicHit, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    times: tuple[TimeMention, ...] = ()
    grounding: Grounding = Grounding()
    flags: frozenset[str] = frozenset()
    name: str = ""

    @property
    def acts(self) -> tuple[str, ...]:
        """All acts of the reply, each once, in order of appearance."""
        return tuple(dict.fromkeys(act for segment in self.segments for act in segment.acts))

    def with_act(self, *acts: str) -> list[Segment]:
        """Return the segments that do any of the given acts."""
        return [segment for segment in self.segments if set(acts) & set(segment.acts)]
