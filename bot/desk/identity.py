"""The identity check: which of the data given fit, by the facts the scenario identifies its customer with."""

import re
from collections.abc import Iterable, Sequence

from bot.content.schema import Fact, Scenario

_SHORTEST = 3
"""Letters and digits below which nothing is taken for an identification."""
_PARTLY = 4
"""Letters and digits from which a part of a datum fits ("endet auf 2716")."""

_TOLD = 5
"""Letters and digits from which something typed is looked for in what the customer tells."""

_APART = re.compile(r"[,;/\n]|\bund\b")
_NUMBER = re.compile(r"\d[\d ]*\d|\d")


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _accepted(fact: Fact) -> set[str]:
    """Return the forms in which a fact may be given: its wordings and the numbers in it."""
    written = [*fact.mentioned_as, *((fact.short and [fact.short]) or [])]
    numbers = _NUMBER.findall(fact.text)
    return {p for p in (_plain(text) for text in (*written, *numbers)) if len(p) >= _SHORTEST}


def fitting(scenario: Scenario, given: str, voice: str = "") -> list[str]:
    """Return the identifying facts that fit what was typed.

    Args:
        scenario: whose `desk.identify_by` counts.
        given: one or several data, separated by commas, "und" or line ends.
        voice: who the customer is; names and birth dates are as this voice tells them.
    """
    facts = {fact.id: fact for fact in scenario.facts}
    pieces = [_plain(piece) for piece in _APART.split(given)]
    pieces = [piece for piece in (*pieces, _plain(given)) if len(piece) >= _SHORTEST]
    told = scenario.voices[voice].answers if voice in scenario.voices else {}
    named = [_plain(piece) for piece in _APART.split(given) if piece.strip()[:1].isupper() or piece.strip()[:1].isdigit()]
    return [
        name
        for name in scenario.desk.identify_by
        if _fits(_accepted(facts[name]), pieces) or _as_told(told.get(name, []), [piece for piece in named if len(piece) >= _TOLD])
    ]


def _as_told(answers: Iterable[str], pieces: Sequence[str]) -> bool:
    """Tell whether a name or date was typed as the customer tells it."""
    said = [_plain(answer) for answer in answers]
    return any(piece in answer for answer in said for piece in pieces)


def _fits(accepted: Iterable[str], pieces: Sequence[str]) -> bool:
    return any(
        piece == form or (len(form) >= _PARTLY and form in piece) or (len(piece) >= _PARTLY and _is_number(piece) and piece in form)
        for form in accepted
        for piece in pieces
    )


def _is_number(text: str) -> bool:
    return sum(c.isdigit() for c in text) * 2 > len(text)
