"""Waiting: what the clock of the conversation and announced holds do to the customer."""

import re
from collections.abc import Iterator

from bot.config import WaitingSettings
from bot.customer.causes import Cause
from bot.customer.state import CustomerState
from bot.understanding import Reading
from bot.understanding.text import fold, word_number

_SPAN = re.compile(r"\b(\w+)\s+(minute|minuten|min|sekunden?)\b", re.IGNORECASE)
_COMES_BACK = frozenset(
    {"ask_identity", "ask_detail", "explain", "act", "offer", "commit", "compensate", "transfer", "set_expectation", "acknowledge_facts"}
)
"""Acts of somebody who comes back from a hold with something."""


def announced(reading: Reading, settings: WaitingSettings) -> float:
    """Return for how many seconds the customer was asked to wait; 0 when they were not.

    "Zwei Minuten bitte" announces 120; "einen Moment" is taken for `hold_seconds`.
    """
    holds = reading.with_act("hold")
    if not holds:
        return 0.0
    for segment in holds:
        match = _SPAN.search(segment.text)
        number = word_number(match[1]) if match else None
        if match and number:
            return float(number * (1 if fold(match[2]).startswith("sek") else 60))
    return settings.hold_seconds


def waiting(reading: Reading, state: CustomerState, waited: float, heard: int, channel: str, settings: WaitingSettings) -> Iterator[Cause]:
    """Yield what waiting for this reply did.

    Args:
        reading: of the reply.
        state: of the customer before it.
        waited: seconds since the customer spoke; 0 when no clock runs.
        heard: length of what the customer said last, in characters: the trainee had to take it in.
        channel: nobody waits at the end of an e-mail or a public post.
        settings: from config.yml.
    """
    if channel not in settings.channels or waited >= settings.pause_after:
        return
    if state.holding:
        idle = not waited and not {a for s in reading.segments for a in s.acts} & _COMES_BACK
        late = waited > state.holding * settings.hold_grace
        yield Cause("hold_forgotten" if idle or late else "hold_kept")
        return
    over = waited - settings.free_seconds - heard / settings.reading - len(reading.text) / settings.typing
    if over > 0:
        yield Cause("waited", times=min(settings.most, 1 + int(over // settings.step_seconds)))
