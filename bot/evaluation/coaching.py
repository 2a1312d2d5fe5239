"""Coaching: what landed, the one thing that would help most, and a better wording of this very reply."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2s

from bot.content.schema import Feedback
from bot.evaluation.rating import Evidence, Rating
from bot.understanding import Reading

_LANDED = ("ip2", "er2", "ow2", "co2", "ex2", "ac2")
_HARM = ("rude", "blame_customer", "dismiss", "deflect", "reask")
_NOTES = ("nonsense", "heap", "copied", "wrong_fact", "repeated", "worn_apology", "parroted", "english")
_LONGEST_QUOTE = 90
_FAMILIAR = re.compile(r"\b(?:du|dir|dich|dein\w*|euch|euer|eure\w*)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hints:
    """What a better wording can be built from; all true in this conversation.

    Attributes:
        acknowledge: model sentences that take up what the customer has told so far, latest piece first.
        steps: model sentences for the demand that is open now.
        salutation: how the customer is addressed in writing, e.g. "Frau Weber".
        channel: decides the shape.
    """

    acknowledge: Sequence[str] = ()
    steps: Sequence[str] = ()
    salutation: str = ""
    channel: str = "chat"


def coach(rating: Rating, reading: Reading, feedback: Feedback, hints: Hints, turn: int) -> Rating:
    """Return the rating with feedback and a better wording.

    Args:
        rating: without them.
        reading: of the reply.
        feedback: the coach's sentences.
        hints: what this conversation offers.
        turn: number of the reply; varies the sentences.
    """
    sentences = [_landed(rating, reading, feedback, turn), _improve(rating, reading, feedback, turn)]
    better = "" if _is_excellent(rating) else _better(rating, reading, hints, turn)
    return replace(rating, feedback=" ".join(s for s in sentences if s), better=better)


def _pick(lines: Sequence[str], turn: int, **slots: str) -> str:
    text = lines[turn % len(lines)]
    for name, value in slots.items():
        text = text.replace("{" + name + "}", value)
    return text


def _quote(reading: Reading, item: Evidence) -> str:
    text = reading.text[item.start : item.end].strip().rstrip(".,;–- ")
    text = text.replace("„", "‚").replace("“", "‘")
    return text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1].rsplit(" ", 1)[0] + " …"


def _find(rating: Rating, component: str, level: int) -> Evidence | None:
    return next((e for e in rating.evidence if e.component == component and e.level == level), None)


def _landed(rating: Rating, reading: Reading, feedback: Feedback, turn: int) -> str:
    if rating.respect == 2:
        return ""
    for key in _LANDED:
        item = _find(rating, key[:2], 2)
        if item and rating.components[key[:2]] == 2:
            return _pick(feedback.landed[key], turn, quote=_quote(reading, item))
    if "check_agreement" in rating.acts:
        return _pick(feedback.landed["check_agreement"], turn)
    item = _find(rating, "ac", 1)
    if item and rating.components["ac"] == 1:
        return _pick(feedback.landed["ac1"], turn, quote=_quote(reading, item))
    if rating.components["er"] and not rating.respect:
        return _pick(feedback.landed["friendly"], turn)
    return ""


def _improve(rating: Rating, reading: Reading, feedback: Feedback, turn: int) -> str:
    """Return the one thing that would help most: harm before nonsense, nonsense before what is missing."""
    for act in _HARM:
        item = next((e for e in rating.evidence if e.act == act and e.component in ("", "respect")), None)
        if item:
            return _pick(feedback.hurt[act], turn, quote=_quote(reading, item))
    if "aber" in reading.flags:
        return _pick(feedback.hurt["aber"], turn)
    for note in _NOTES:
        if note in rating.notes:
            wrong = next((said for said, _ in reading.grounding.wrong_numbers), "") or next(iter(reading.grounding.wrong_names), "")
            return _pick(feedback.hurt[note], turn, wrong=f"„{wrong}“")
    cold = _find(rating, "respect", 1)
    if cold:
        return _pick(feedback.hurt["cold"], turn, quote=_quote(reading, cold))
    return _pick(feedback.missing[_missing(rating)], turn)


def _missing(rating: Rating) -> str:
    c = rating.components
    if c["ip"] < 2 and rating.empathy < 75:
        return "ip"
    if c["ac"] == 0:
        return "ac"
    if c["er"] == 0 and rating.empathy < 75:
        return "er"
    if c["co"] < 2 and c["ac"] == 2:
        return "co"
    if c["ow"] < 2 and rating.resolution < 75:
        return "ow"
    if c["ac"] == 2 and "check_agreement" not in rating.acts:
        return "check"
    return "none"


def _is_excellent(rating: Rating) -> bool:
    return rating.empathy >= 85 and rating.resolution >= 85


def _better(rating: Rating, reading: Reading, hints: Hints, turn: int) -> str:
    """Build a better wording: take up the story where the reply did not, keep its useful question, add the step."""
    choose = int.from_bytes(blake2s(f"{reading.text} {turn}".encode(), digest_size=2).digest(), "big")
    parts: list[str] = []
    familiar = bool(_FAMILIAR.search(reading.text))  # the model sentences say Sie; what says du is not mixed in
    if hints.acknowledge and (rating.components["ip"] < 2 or rating.respect):
        parts.append(hints.acknowledge[choose % len(hints.acknowledge)])
    elif rating.empathy >= 50 and not familiar:
        parts += _kept(reading, "ip", "er")
    question = [s.text for s in reading.segments if "ask_identity" in s.acts and "reask" not in s.acts and not s.respect]
    if question and not familiar:
        parts += [text if text[-1] in ".?!" else text + "?" for text in question[:1]]
    elif hints.steps:
        parts.append(hints.steps[choose % len(hints.steps)])
    if not parts:
        return ""
    if hints.channel == "email":
        return f"Guten Tag {hints.salutation},\n\n" + "\n\n".join(parts) + "\n\nFreundliche Grüße"
    return " ".join(parts)


def _kept(reading: Reading, *components: str) -> list[str]:
    """Return the segments of the reply that earn full points in a component."""
    return [s.text for s in reading.segments if any(s.strengths.get(c) == 2 for c in components) and not s.respect]
