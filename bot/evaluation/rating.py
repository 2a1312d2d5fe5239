"""The rating of one reply: components with their evidence, and two scores that are plain sums of what is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.acts import COMPONENTS
from bot.config import EmpathyPoints, EvaluationSettings, ResolutionPoints
from bot.understanding import Reading
from bot.understanding.reading import Segment
from bot.understanding.text import content_stems, english_share, fold, folded_words, numbers

_MOVES_BACK = frozenset({"deflect", "dismiss", "transfer", "set_expectation", "commit", "close", "reask", "offer", "explain"})
_SHORTEST_COPY = 3
"""Words from which saying the same again is a repetition."""
_ACT_OF_COMPONENT = {
    "er": ("apologize", "acknowledge_feeling", "own", "thank", "greet", "acknowledge_facts"),
    "ip": ("acknowledge_facts", "acknowledge_feeling", "own", "apologize"),
    "ex": ("ask_detail", "open_question", "check_agreement", "offer"),
    "ow": ("own", "act", "commit", "transfer", "offer", "apologize"),
    "ac": ("act", "offer", "compensate", "commit", "transfer", "ask_detail", "ask_identity", "explain", "hold"),
    "co": ("commit", "act", "hold", "set_expectation", "offer", "transfer"),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stretch of the reply and what it does.

    Attributes:
        start, end: character range in the reply.
        act: the act.
        component: the component it earns points for, or empty.
        level: 1 or 2 with a component; 0 without.
    """

    start: int
    end: int
    act: str
    component: str = ""
    level: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data; component and level only where there are some."""
        plain: dict[str, Any] = {"start": self.start, "end": self.end, "act": self.act}
        return plain | ({"component": self.component, "level": self.level} if self.component else {})


@dataclass(frozen=True, slots=True)
class Summand:
    """One line of a score's sum.

    Attributes:
        what: `base`, a component, `respect`, an act or a note such as `english`.
        level: the level it has, where it has one.
        points: what it adds to the score (before cutting to 0..100).
    """

    what: str
    level: int
    points: float


@dataclass(frozen=True, slots=True)
class Rating:
    """How one reply was rated.

    Attributes:
        empathy, resolution: 0..100, each the sum of its summands, cut to that range and rounded.
        components: er, ip, ex, ow, ac, co -> 0..2.
        respect: violation, 0..2.
        acts: in order of appearance.
        evidence: spans for acts and for every component above 0.
        empathy_sum, resolution_sum: the summands.
        notes: what kept points back: `wrong_fact`, `repeated`, `heap`, `copied`, `english`, `worn_apology`, …
        feedback: a coach's words; empty where none were asked for.
        better: a better wording of this reply; empty where none could be built.
    """

    empathy: int
    resolution: int
    components: Mapping[str, int]
    respect: int
    acts: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    empathy_sum: tuple[Summand, ...]
    resolution_sum: tuple[Summand, ...]
    notes: tuple[str, ...] = ()
    feedback: str = ""
    better: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data, with the names of the score format."""
        return {
            "empathy": self.empathy,
            "resolution": self.resolution,
            "components": dict(self.components) | {"respect": self.respect},
            "respect": self.respect,
            "acts": list(self.acts),
            "evidence": [item.to_dict() for item in self.evidence],
            "sum": {
                "empathy": [[s.what, s.level, s.points] for s in self.empathy_sum],
                "resolution": [[s.what, s.level, s.points] for s in self.resolution_sum],
            },
            "notes": list(self.notes),
            "feedback": self.feedback,
            "better": self.better,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Rating":
        """Return the rating that `to_dict` described."""
        components = {c: data["components"][c] for c in COMPONENTS}
        return cls(
            empathy=data["empathy"],
            resolution=data["resolution"],
            components=components,
            respect=data["respect"],
            acts=tuple(data["acts"]),
            evidence=tuple(Evidence(**item) for item in data["evidence"]),
            empathy_sum=tuple(Summand(*s) for s in data["sum"]["empathy"]),
            resolution_sum=tuple(Summand(*s) for s in data["sum"]["resolution"]),
            notes=tuple(data["notes"]),
            feedback=data["feedback"],
            better=data["better"],
        )


@dataclass(slots=True)
class _Draft:
    """Segments while points that were not really earned are taken away."""

    segments: list[Segment]
    notes: dict[str, None] = field(default_factory=dict)

    def cap(self, i: int, note: str, **limits: int) -> None:
        """Cut a segment's strengths to limits; the note is kept when that takes something away."""
        strengths, likely = dict(self.segments[i].strengths), dict(self.segments[i].likely)
        for component, limit in limits.items():
            if strengths.get(component, 0) > limit:
                self.notes[note] = None
                strengths[component] = limit
            once, twice = likely.get(component, (1.0, 1.0))
            likely[component] = (once if limit else 0.0, twice if limit > 1 else 0.0)
        self.segments[i] = replace(self.segments[i], strengths={c: v for c, v in strengths.items() if v}, likely=likely)


def rate(
    reading: Reading,
    settings: EvaluationSettings,
    *,
    earlier: Sequence[str] = (),
    suggestions: Sequence[str] = (),
    customer: Sequence[str] = (),
) -> Rating:
    """Rate one reply.

    Args:
        reading: of the reply.
        settings: points and weights from config.yml.
        earlier: the trainee's earlier replies.
        suggestions: drafts the trainee was shown (better wordings, AI suggestions).
        customer: what the customer said, oldest first.

    Returns:
        The rating, without feedback and better wording. A pure function.
    """
    draft = _Draft(list(reading.segments))
    _discount(draft, reading, settings, earlier, suggestions, customer)
    components = {c: max((s.strengths.get(c, 0) for s in draft.segments), default=0) for c in COMPONENTS}
    likely = {c: _likely(draft.segments, c) for c in (*COMPONENTS, "respect", "back")}
    respect = max((s.respect for s in draft.segments), default=0)
    extra: list[Summand] = []
    if "heap" in reading.flags:
        draft.notes["heap"] = None
        respect = max(respect, 1)
        likely["respect"] = (1.0, likely["respect"][1])
    if "english" in reading.flags and not _in_english(customer):
        draft.notes["english"] = None
        extra.append(Summand("english", 1, settings.empathy.english))
    acts = tuple(dict.fromkeys(a for s in draft.segments for a in s.acts)) or (
        ("off_topic",) if reading.flags & {"empty", "gibberish"} else ()
    )
    if reading.grounding.contradicted:
        draft.notes["contradiction"] = None
        extra.append(Summand("contradiction", 1, settings.empathy.contradiction))
    if "copied" in draft.notes:
        extra.append(Summand("copied", 1, settings.empathy.copied))
    empathy_sum = (*_empathy(components, respect, likely, settings.empathy), *extra)
    back = next((s for s in draft.segments if _moves_back(s)), None)
    resolution_sum = _resolution(components, acts, likely, back is not None, settings.resolution)
    if reading.grounding.contradicted:
        resolution_sum = (*resolution_sum, Summand("contradiction", 1, settings.resolution.contradiction))
    if reading.beyond:
        draft.notes["beyond"] = None
        resolution_sum = (*resolution_sum, Summand("beyond", 1, settings.resolution.beyond))
    return Rating(
        empathy=_total(empathy_sum),
        resolution=_total(resolution_sum),
        components=components,
        respect=respect,
        acts=acts,
        evidence=tuple(_evidence(draft.segments, components, respect)),
        empathy_sum=empathy_sum,
        resolution_sum=resolution_sum,
        notes=tuple(draft.notes),
    )


def _discount(
    draft: _Draft,
    reading: Reading,
    settings: EvaluationSettings,
    earlier: Sequence[str],
    suggestions: Sequence[str],
    customer: Sequence[str],
) -> None:
    """Take away what was not earned: nonsense, copies, repetitions, wrong facts, heaps, worn apologies."""
    void = bool(reading.flags & {"empty", "gibberish", "to_machine"})
    wrong = [said for said, _ in reading.grounding.wrong_facts] + list(reading.grounding.wrong_names)
    repeated = {fold(part) for part in reading.grounding.repeated}
    copies = [text for text in (*earlier, *suggestions) if copied(reading.text, text) >= settings.copied_share]
    parroted = " ".join([word for text in customer for word in folded_words(text)])
    worn = _apologies(earlier)
    if wrong:
        draft.notes["wrong_fact"] = None
    for i, segment in enumerate(list(draft.segments)):
        said = " ".join(folded_words(segment.text))
        if void:
            draft.cap(i, "nonsense", er=0, ip=0, ex=0, ow=0, ac=0, co=0)
        if copies:
            draft.cap(i, "copied", er=0, ip=0, ex=0, ow=0, ac=1, co=1)
        if any(part and part in fold(segment.text) for part in repeated):
            draft.cap(i, "repeated", er=0, ip=0, ex=0, ow=0)
        if any(_names(segment.text, value) for value in wrong):
            draft.cap(i, "wrong_fact", ip=0, er=1)
        if len(said) > 15 and said in parroted:
            draft.cap(i, "parroted", er=0, ip=0, ex=0, ow=0, ac=0, co=0)
        if worn >= 2 and "apologize" in segment.acts and segment.strengths.get("er", 0) < 2:
            draft.cap(i, "worn_apology", er=0)
        if "heap" in reading.flags:
            draft.cap(i, "heap", er=1, ip=1, ow=0)


def _moves_back(segment: Segment) -> bool:
    """Tell whether a segment moves the case back; what only asks or greets cannot."""
    return segment.back and bool(_MOVES_BACK & set(segment.acts))


def _names(text: str, value: str) -> bool:
    return value in numbers(text) or value in "".join(c for c in text if c.isdigit()) or fold(value) in fold(text)


def copied(text: str, source: str) -> float:
    """Return the share (0..1) of a text's content words that stand in a source; 0 for very short texts, unless word by word."""
    said = folded_words(text)
    if len(said) >= _SHORTEST_COPY and said == folded_words(source):
        return 1.0
    mine, theirs = content_stems(text), content_stems(source)
    return len(mine & theirs) / len(mine) if len(mine) >= 6 and len(theirs) <= 3 * len(mine) else 0.0


def _apologies(earlier: Sequence[str]) -> int:
    said = " ".join(map(fold, earlier))
    return sum(said.count(formula) for formula in ("tut mir", "tut uns", "entschuldig", "verzeih"))


def _in_english(customer: Sequence[str]) -> bool:
    return bool(customer) and english_share(" ".join(customer[-2:])) > 0.2


def _likely(segments: Sequence[Segment], name: str) -> tuple[float, float]:
    """Return how likely the levels 1 and 2 of a component are: of the segment that shows each most plainly."""
    found = [s.likely.get(name, (1.0, 1.0)) for s in segments]
    return max((once for once, _ in found), default=0.0), max((twice for _, twice in found), default=0.0)


def _graded(points: Sequence[float], likely: tuple[float, float], second: float = 1.0) -> float:
    """Return the points of a component, graded by how plainly its levels are reached.

    Args:
        points: of the levels 0, 1, 2.
        likely: probabilities of at least level 1, and of level 2.
        second: share of the second level's points that stands, 0..1.
    """
    return round(points[1] * likely[0] + (points[2] - points[1]) * likely[1] * second, 1)


def _beyond_doubt(likely: float, surely: float) -> float:
    """Return how much of a deduction counts: nothing where it is just decided (0.5), all of it from `surely`.

    Without the slope one letter could cost a reply half its points.
    """
    return min(1.0, max(0.0, (likely - 0.5) / (surely - 0.5)))


def _empathy(
    components: Mapping[str, int], respect: int, likely: Mapping[str, tuple[float, float]], points: EmpathyPoints
) -> tuple[Summand, ...]:
    # A violation takes back what was specific: er and ip are then at most weak (docs/data.md, border cases).
    once, twice = likely["respect"] if respect else (0.0, 0.0)
    violation = (_beyond_doubt(once, points.surely), _beyond_doubt(twice, points.surely))
    stands = 1.0 - violation[0]
    summands = [Summand("base", 0, points.base)]
    summands += [
        Summand(c, components[c], _graded(getattr(points, c), likely[c], stands)) for c in ("er", "ip", "ex", "ow") if components[c]
    ]
    if respect:
        summands.append(Summand("respect", respect, _graded(points.respect, violation)))
    return tuple(summands)


def _resolution(
    components: Mapping[str, int],
    acts: Sequence[str],
    likely: Mapping[str, tuple[float, float]],
    back: bool,
    points: ResolutionPoints,
) -> tuple[Summand, ...]:
    summands = [Summand("base", 0, points.base)]
    summands += [Summand(c, components[c], _graded(getattr(points, c), likely[c])) for c in ("ow", "ac", "co") if components[c]]
    summands += [Summand("back", 1, round(points.back * likely["back"][0], 1))] if back and points.back else []
    # Asking whether it suits is worth something only where there is something to agree to.
    nothing_to_agree = components["ac"] < 2 and not components["co"]
    counted = [act for act in points.acts if act in acts and not (act == "check_agreement" and nothing_to_agree)]
    summands += [Summand(act, 1, points.acts[act]) for act in counted if points.acts[act]]
    return tuple(summands)


def _total(summands: Sequence[Summand]) -> int:
    return int(min(100.0, max(0.0, sum(s.points for s in summands))) + 0.5)


def _evidence(segments: Sequence[Segment], components: Mapping[str, int], respect: int) -> list[Evidence]:
    found = []
    for segment in segments:
        found += [Evidence(segment.start, segment.end, act) for act in segment.acts]
        for component, level in segment.strengths.items():
            if level and level == components.get(component):
                found.append(Evidence(segment.start, segment.end, _act_for(component, segment), component, level))
        if _moves_back(segment):
            act = next(a for a in segment.acts if a in _MOVES_BACK)
            found.append(Evidence(segment.start, segment.end, act, "back", 1))
        if segment.respect and segment.respect == respect:
            harmful = [a for a in segment.acts if a in ("rude", "dismiss", "blame_customer", "deflect")]
            found.append(Evidence(segment.start, segment.end, (harmful or ["dismiss"])[0], "respect", segment.respect))
    return found


def _act_for(component: str, segment: Segment) -> str:
    """Return the act of a segment that a component rests on; the component's typical act where none was seen."""
    fitting = [act for act in _ACT_OF_COMPONENT[component] if act in segment.acts]
    return (fitting or [_ACT_OF_COMPONENT[component][0]])[0]
