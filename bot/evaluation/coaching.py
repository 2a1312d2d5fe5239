"""Coaching: what landed, the one thing that would help most, and a better wording of this very reply."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2s
from itertools import islice

from bot.content.schema import Feedback
from bot.evaluation.rating import Evidence, Rating
from bot.understanding import Reading
from bot.understanding.text import fold, words

_LANDED = ("ip2", "er2", "ow2", "co2", "ex2", "ac2")
_HARM = ("rude", "blame_customer", "dismiss", "deflect", "reask")
_NOTES = ("nonsense", "heap", "beyond", "contradiction", "copied", "wrong_fact", "repeated", "worn_apology", "parroted", "english")
_LONGEST_QUOTE = 90
_MOST_TRIED = 5
"""Better wordings that are judged before none is shown; each costs about as much as the reply itself."""
_FAMILIAR = re.compile(r"\b(?:du|dir|dich|dein\w*|euch|euer|eure\w*)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hints:
    """What a better wording can be built from; all true in this conversation.

    Attributes:
        acknowledge: model sentences that take up what the customer has told so far, latest piece first.
        steps: model sentences for the demand that is open now.
        questions: questions for data that are still needed.
        look_up: sentences that say one is looking into it; fit any case.
        salutation: how the customer is addressed in writing, e.g. "Frau Weber".
        channel: decides the shape.
    """

    acknowledge: Sequence[str] = ()
    steps: Sequence[str] = ()
    questions: Sequence[str] = ()
    look_up: Sequence[str] = ()
    salutation: str = ""
    channel: str = "chat"


Judge = Callable[[str], Rating]
"""Rates a wording as if the trainee had sent it now."""


def coach(rating: Rating, reading: Reading, feedback: Feedback, hints: Hints, turn: int, judge: Judge | None = None) -> Rating:
    """Return the rating with feedback and a better wording.

    Args:
        rating: without them.
        reading: of the reply.
        feedback: the coach's sentences.
        hints: what this conversation offers.
        turn: number of the reply; varies the sentences.
        judge: rates a wording; a wording that scores lower than the reply in anything is not shown. None shows the first.
    """
    sentences = [_landed(rating, reading, feedback, turn), _improve(rating, reading, feedback, turn)]
    better = "" if _is_excellent(rating) else _best(_wordings(rating, reading, hints, turn), rating, reading.text, judge)
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
            wrong = next((said for said, _ in reading.grounding.wrong_facts), "") or next(iter(reading.grounding.wrong_names), "")
            old, new = next(iter(reading.grounding.contradicted), ("", ""))
            return _pick(feedback.hurt[note], turn, wrong=f"„{wrong}“", old=old, new=new)
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


def _best(wordings: Iterable[str], rating: Rating, text: str, judge: Judge | None) -> str:
    """Return the first wording that is at least as good as the reply in both scores and better in one; else nothing."""
    said = set(words(fold(text)))
    for wording in islice(dict.fromkeys(wordings), _MOST_TRIED):
        if set(words(fold(wording))) <= said:
            continue  # nothing but what was said already
        if judge is None:
            return wording
        found = judge(wording)
        at_least = found.empathy >= rating.empathy and found.resolution >= rating.resolution and found.respect <= rating.respect
        if at_least and found.empathy + found.resolution > rating.empathy + rating.resolution:
            return wording
    return ""


def _wordings(rating: Rating, reading: Reading, hints: Hints, turn: int) -> Iterator[str]:
    """Yield better wordings, the most fitting first: take up the story, keep the useful question, add the step."""
    choose = int.from_bytes(blake2s(f"{reading.text} {turn}".encode(), digest_size=2).digest(), "big")
    familiar = bool(_FAMILIAR.search(reading.text))  # the model sentences say Sie; what says du is not mixed in
    own = (
        [] if familiar else [_whole(s.text) for s in reading.segments if _ASKING & set(s.acts) and "reask" not in s.acts and not s.respect]
    )
    kept = [] if familiar else _kept(reading, "ip", "er")
    openings: list[list[str]] = [[text] for text in _turned(hints.acknowledge, choose)]
    if rating.components["ip"] == 2 and not rating.respect and kept:
        openings.insert(0, kept)
    steps = [[text] for text in _turned(hints.steps, choose)]
    look = [[text] for text in _turned(hints.look_up, choose)]
    asks = [own[:1]] if own else [[text] for text in _turned(hints.questions, choose)[:1]]
    endings = [*(asks if own else steps or asks), *steps, *([*a, *b] for a in look for b in asks or [[]]), *asks]
    for ending in endings or [[]]:
        for opening in openings or [[]]:
            if opening or ending:
                yield _shaped([*opening, *ending], hints)
    if not familiar:  # nothing scored higher: say what was said, and take up the story first
        useful = [s.text for s in reading.segments if not s.respect and not {"greet", "close", "deflect", "dismiss"} & set(s.acts)]
        for opening in openings:
            yield _shaped([*opening, *(text for text in useful if text not in opening)], hints)


_ASKING = frozenset({"ask_identity", "ask_detail"})


def _turned(texts: Sequence[str], by: int) -> list[str]:
    """Return the texts beginning at another one, so that not everybody is shown the same."""
    start = by % len(texts) if texts else 0
    return [*texts[start:], *texts[:start]]


def _whole(question: str) -> str:
    return question if question[-1] in ".?!" else question + "?"


def _shaped(parts: Sequence[str], hints: Hints) -> str:
    if hints.channel == "email":
        return f"Guten Tag {hints.salutation},\n\n" + "\n\n".join(parts) + "\n\nFreundliche Grüße"
    return " ".join(parts)


def _kept(reading: Reading, *components: str) -> list[str]:
    """Return the segments of the reply that earn full points in a component."""
    return [s.text for s in reading.segments if any(s.strengths.get(c) == 2 for c in components) and not s.respect]
