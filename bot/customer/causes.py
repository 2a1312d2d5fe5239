"""What moves a customer: causes read off a reply, and what happened around it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """Something in the reply that moves the mood."""

    name: str
    start: int | None = None
    end: int | None = None
    times: int = 1


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What happened around a reply, beside its words.

    Attributes:
        done: demands whose desk condition holds.
        desk_used: whether the trainee works with the desk at all; only then does the customer look whether things arrive.
        waited: seconds since the customer spoke, by the clock of the conversation; 0 when no clock runs.
        heard: length of what the customer said last, in characters.
        wrong_draft: whether a drafted reply with a false fact was sent as it was.
        line_bad: whether the voice line swallows words of what the customer says now.
    """

    done: frozenset[str] = frozenset()
    desk_used: bool = False
    waited: float = 0.0
    heard: int = 0
    wrong_draft: bool = False
    line_bad: bool = False
