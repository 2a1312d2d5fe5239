"""Appraisal: what in a reply moves the customer, and by how much.

The causes are read off the reading and the customer's memory; the numbers stand in config.yml under `mood.effects`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.config import CustomerSettings, MoodSettings
from bot.customer.causes import Cause, Circumstances
from bot.customer.scene import Scene
from bot.customer.state import DONE, MET, PROMISED, CustomerState, Mood, MoodChange
from bot.customer.waiting import waiting
from bot.understanding import Reading
from bot.understanding.reading import Segment, TopicHit

_DONE = re.compile(r"\b(?:habe?|ist|sind|wurden?|steht|stehen|läuft|jetzt|gerade|soeben|eben|sofort)\b", re.IGNORECASE)
"""Words that tell a step taken from a step announced."""

_NEGATION = re.compile(r"\b(kein\w*|nicht|nie|nichts|leider|unmöglich|frühestens|erst|nur|weder|ausgeschlossen|ablehnen)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Progress:
    """What a reply changed in the case, worked out before it is appraised.

    Attributes:
        met: demands that became promised or done by this reply.
        offered: demands that a step was named for, but without the time they need.
        lessened: demands met by a smaller step than was wished.
        refused: demands turned down that the company does grant.
        declined: demands turned down that nobody would be granted: an honest no.
        informed: information told for the first time.
        reasked: facts asked for again.
        contradicted: earlier promises that this reply contradicts: (earlier time, new time).
        seen_done: demands whose fulfilment the customer now sees on their own device.
        seen_missing: demands said to be done, of which nothing is to be seen.
        asked: whether a fact of the case was asked for that was not known yet.
        steps: whether any step towards the solution was made.
    """

    met: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    lessened: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    declined: tuple[str, ...] = ()
    informed: tuple[str, ...] = ()
    reasked: tuple[str, ...] = ()
    contradicted: tuple[tuple[str, str], ...] = ()
    seen_done: tuple[str, ...] = ()
    seen_missing: tuple[str, ...] = ()
    asked: bool = False
    steps: bool = False


def causes(
    reading: Reading, state: CustomerState, progress: Progress, scene: Scene, around: Circumstances, settings: CustomerSettings
) -> list[Cause]:
    """Return what in a reply and around it moves the mood, each cause once, with the span it rests on."""
    flags = reading.flags
    kept_waiting = list(waiting(reading, state, around.waited, around.heard, scene.channel, settings.waiting))
    nonsense = next((name for flag, name in _NONSENSE if flag in flags), "")
    if nonsense:
        return [Cause(nonsense), *kept_waiting]
    if sum(map(len, reading.grounding.repeated)) > settings.same_again * len(reading.text) and not progress.contradicted:
        return [Cause("repeated_phrase"), Cause("nothing_moves")]
    found = [
        *kept_waiting,
        *([Cause("wrong_draft")] if around.wrong_draft else []),
        *(Cause("seen_done") for _ in progress.seen_done),
        *(Cause("seen_not_done") for _ in progress.seen_missing),
        *_warmth(reading, state, settings.apologies_before_worn),
        *_work(reading, progress),
        *_harm(reading, progress, any(s not in MET for s in state.demands.values())),
    ]
    found += [
        Cause(name) for flag, name in (("english", "english"), ("wall_of_text", "wall_of_text"), ("heap", "formula_heap")) if flag in flags
    ]
    moved = (
        progress.steps
        or progress.asked
        or any(c.name in {"acknowledged_facts", "looked_into", "question_about_them", "explain"} for c in found)
    )
    if not moved and not any(c.name in _HARM_NAMES for c in found):
        found.append(Cause("nothing_moves"))
    unique: dict[str, Cause] = {}
    for cause in found:
        unique.setdefault(cause.name, cause)
    return list(unique.values())


_NONSENSE = (("empty", "silence"), ("gibberish", "gibberish"), ("to_machine", "off_topic"))
_HARMFUL = (
    ("rude", "rude"),
    ("blame_customer", "blame"),
    ("dismiss", "dismiss"),
    ("deflect", "deflect"),
    ("transfer", "transfer"),
    ("hold", "hold"),
)
BUSY_ACTS = frozenset({"ask_identity", "ask_detail", "open_question", "act", "offer", "commit", "hold", "check_agreement"})
"""Acts of somebody who is still working on the case: a farewell beside them is courtesy and sends nobody away."""

_HARM_NAMES = frozenset(
    {
        "wrong_draft", "hold_forgotten", "reask", "deflect", "dismiss", "blame", "rude", "cold_shoulder", "english", "formula_heap",
        "demand_refused", "sent_away",
    }
)  # fmt: skip


def _at(name: str, segment: Segment, times: int = 1) -> Cause:
    return Cause(name, segment.start, segment.end, times)


def _warmth(reading: Reading, state: CustomerState, heard_out: int) -> Iterable[Cause]:
    wrong = {said for said, _ in reading.grounding.wrong_facts}
    heap = "heap" in reading.flags
    for segment in reading.segments:
        strengths, acts = segment.strengths, set(segment.acts)
        if acts & {"rude", "dismiss", "blame_customer"}:
            continue
        if strengths.get("ip") == 2 and not any(w in segment.text for w in wrong) and not heap:
            yield _at("acknowledged_facts", segment)
        elif "acknowledge_feeling" in acts and not heap:
            yield _at("acknowledged_feeling" if strengths.get("ip") else "formula", segment)
        if "apologize" in acts:
            yield from _apology(segment, state, heard_out, any(s.strengths.get("ip") == 2 for s in reading.segments))
        if strengths.get("ow") == 2:
            yield _at("owned", segment)
        elif strengths.get("ow") == 1:
            yield _at("promised_to_care", segment)
        if strengths.get("ex") == 2:
            yield _at("question_about_them", segment)
        if "thank" in acts:
            yield _at("thanks", segment)
        if "check_agreement" in acts:
            yield _at("agreement_asked", segment)
    if reading.name and not state.trainee:
        yield Cause("greeting_name")


def _apology(segment: Segment, state: CustomerState, heard_out: int, named: bool) -> Iterable[Cause]:
    before = state.causes.get("formula", 0) + state.causes.get("apology_repeated", 0)
    if segment.strengths.get("er") == 2:
        yield _at("specific_apology", segment)
    elif before >= heard_out and not named:
        yield _at("apology_repeated", segment)
    else:
        yield _at("formula", segment)


def _work(reading: Reading, progress: Progress) -> Iterable[Cause]:
    if progress.met:
        yield Cause("demand_met", times=len(progress.met))
    if progress.lessened:
        yield Cause("demand_lessened", times=len(progress.lessened))
    if progress.declined:
        yield Cause("honest_no")
    if progress.informed:
        yield Cause("information_told", times=len(progress.informed))
    for segment in reading.segments:
        acts = set(segment.acts)
        if segment.strengths.get("ac") == 2:
            yield _at("step", segment)
        elif "act" in acts:
            yield _at("looked_into", segment)
        if "compensate" in acts:
            yield _at("compensation", segment)
        if "explain" in acts:
            yield _at("explain", segment)
        if "set_expectation" in acts and "commit" not in acts:
            yield _at("honest_limit", segment)
        if "ask_identity" in acts and not progress.reasked:
            yield _at("data_question", segment)
    for commitment in reading.commitments:
        vague = commitment.precision in {"vague", "none"}
        if not vague or not any(c.precision not in {"vague", "none"} for c in reading.commitments):
            yield Cause("vague" if vague else "commitment", commitment.start, commitment.end)
            break
    if not reading.commitments and any(t.precision == "vague" for t in reading.times):
        yield Cause("vague")


def _harm(reading: Reading, progress: Progress, still_open: bool) -> Iterable[Cause]:
    grounding = reading.grounding
    if progress.reasked:
        yield Cause("reask", times=min(len(progress.reasked), 2))
    if progress.refused:
        yield Cause("demand_refused")
    if progress.contradicted:
        yield Cause("contradiction")
    if grounding.wrong_facts:
        yield Cause("wrong_fact")
    if grounding.wrong_names:
        yield Cause("wrong_name")
    if grounding.repeated:
        yield Cause("repeated_phrase")
    if "aber" in reading.flags:
        yield Cause("aber")
    if still_open and "close" in reading.acts and not BUSY_ACTS & set(reading.acts):
        yield Cause("sent_away")
    for segment in reading.segments:
        acts = set(segment.acts)
        for act, name in _HARMFUL:
            if act in acts:
                yield _at(name, segment)
        if segment.respect == 1 and not acts & {"rude", "blame_customer", "dismiss", "deflect"}:
            yield _at("cold_shoulder", segment)
        if segment.respect == 2 and not acts & {"rude", "blame_customer", "dismiss"}:
            yield _at("rude", segment)


def appraise(
    mood: Mood, found: Iterable[Cause], state: CustomerState, scene: Scene, settings: MoodSettings
) -> tuple[Mood, tuple[MoodChange, ...]]:
    """Move a mood by causes.

    Good causes wear off: each further time one occurs in the conversation it counts `repeat_factor` of the time before.

    Returns:
        The new mood, and every change with its reason.
    """
    changes = []
    persona, scenario = scene.persona, scene.scenario
    for cause in found:
        effect = settings.effects.get(cause.name)
        if not effect:
            continue
        factor = persona.sensitivities.get(cause.name, 1.0) * cause.times
        if cause.name in scenario.enrages or cause.name in scenario.soothes:
            factor *= settings.cause_factor
        if _is_good(effect):
            factor *= settings.difficulty[scenario.difficulty - 1]
            if cause.name not in {"demand_met", "step", "information_told"}:
                factor *= settings.repeat_factor ** state.causes.get(cause.name, 0)
        amount = {name: round(value * factor, 3) for name, value in effect.items() if round(value * factor, 3)}
        if amount:
            changes.append(MoodChange(cause.name, amount, cause.start, cause.end))
            mood = mood.moved(amount, persona.thresholds.anger_floor)
    return mood, tuple(changes)


def _is_good(effect: dict[str, float]) -> bool:
    return sum(value * (-1 if name == "anger" else 1) for name, value in effect.items()) > 0


def work_out(reading: Reading, state: CustomerState, scene: Scene, around: Circumstances, settings: CustomerSettings) -> Progress:
    """Work out what a reply changes in the case.

    Args:
        reading: of the reply.
        state: of the customer before it.
        scene: the case.
        around: what was done at the desk.
        settings: thresholds from config.yml.
    """
    done_at_desk = around.done
    named = _addressed(reading, settings.sure_likeness) | {
        d for d in done_at_desk if state.demands.get(d) not in MET and "commit" in reading.acts
    }
    timed = any(c.precision not in {"vague", "none"} for c in reading.commitments)
    met: list[str] = []
    offered: list[str] = []
    for demand in scene.scenario.demands:
        if demand.id not in named or state.demands.get(demand.id) in MET:
            continue
        settled = not demand.needs_time or timed or demand.id in done_at_desk or _reported_done(reading, demand.id)
        (met if settled else offered).append(demand.id)
    if state.waiting_time and timed and not met and state.demands.get(state.waiting_time) not in MET:
        met.append(state.waiting_time)
    turned_down = [h.id for h in _refusals(reading) if h.id not in named and state.demands.get(h.id) not in MET]
    refused = [d for d in turned_down if scene.demands[d].granted]
    lessened = _lessened(reading, state, scene, {*met, *offered})
    informed = [h.id for h in reading.told if h.id not in state.informed]
    seen_done, seen_missing = _seen(reading, state, scene, around, met)
    return Progress(
        seen_done=seen_done,
        seen_missing=seen_missing,
        met=tuple(met),
        offered=tuple(d for d in offered if d not in met),
        lessened=lessened,
        refused=tuple(dict.fromkeys(d for d in refused if d not in lessened)),
        declined=tuple(dict.fromkeys(d for d in turned_down if d not in refused)),
        informed=tuple(dict.fromkeys(informed)),
        reasked=tuple(reasked(reading, state)),
        contradicted=tuple(_contradictions(reading, state, settings.contradiction_minutes)),
        asked=any(hit.id not in state.given for hit in reading.asked),
        steps=bool(met or offered or informed or lessened) or any(s.strengths.get("ac") == 2 for s in reading.segments),
    )


def _seen(
    reading: Reading, state: CustomerState, scene: Scene, around: Circumstances, met: list[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return (demands the customer sees done, demands said to be done of which nothing is to be seen)."""
    if not around.desk_used:
        return (), ()
    done, missing = [], []
    for demand in scene.scenario.demands:
        spoken_of = demand.id in met or state.demands.get(demand.id) in {PROMISED, DONE}
        if not demand.visible or demand.id in state.noticed or not spoken_of:
            continue
        if demand.id in around.done:
            done.append(demand.id)
        elif demand.id in met and _reported_done(reading, demand.id):
            missing.append(demand.id)
    return tuple(done), tuple(missing)


def _lessened(reading: Reading, state: CustomerState, scene: Scene, better: set[str]) -> tuple[str, ...]:
    """Return demands that a smaller step was offered for, and nothing better."""
    likeness = {hit.start: hit.score for hit in reading.met}
    return tuple(
        dict.fromkeys(
            hit.id
            for hit in reading.lesser
            if hit.id not in better and state.demands.get(hit.id) not in MET and hit.score > likeness.get(hit.start, 0.0)
            and any(s.start == hit.start and _WORK_ACTS & set(s.acts) and not s.respect for s in reading.segments)
        )
    )  # fmt: skip


_WORK_ACTS = {"act", "offer", "commit", "compensate", "transfer"}


def _addressed(reading: Reading, sure: float) -> set[str]:
    """Return the demands that a reply does something about."""
    named = set()
    refusing = {(r.id, r.start) for r in _refusals(reading)}
    for hit in reading.met:
        segment = next(s for s in reading.segments if s.start == hit.start)
        works = _WORK_ACTS & set(segment.acts) or segment.strengths.get("ac") == 2
        plain = hit.score >= sure and "?" not in segment.text
        harmful = segment.respect or {"rude", "deflect", "dismiss"} & set(segment.acts)
        if (works or plain) and not harmful and (hit.id, hit.start) not in refusing:
            named.add(hit.id)
    return named


def _refusals(reading: Reading) -> list[TopicHit]:
    """Return the demands turned down: sentences more like a refusal than like a fulfilment."""
    negated = {s.start for s in reading.segments if _NEGATION.search(s.text)}
    return [r for r in reading.refused if r.start in negated and not any(m.start == r.start and m.score > r.score for m in reading.met)]


def _reported_done(reading: Reading, demand: str) -> bool:
    """Tell whether a step for a demand is reported as done, so that no time is needed any more."""
    starts = {h.start for h in reading.met if h.id == demand}
    return any(
        s.start in starts and {"act", "compensate"} & set(s.acts) and s.strengths.get("ac") == 2 and _DONE.search(s.text)
        for s in reading.segments
    )


def reasked(reading: Reading, state: CustomerState) -> list[str]:
    """Return facts asked for although they were given; a question that also asks for something new is forgiven."""
    pointed = {s.start for s in reading.segments if not {"open_question", "check_agreement", "offer"} & set(s.acts)}
    asked: dict[int, list[str]] = {}
    for hit in reading.asked:
        if hit.start in pointed:
            asked.setdefault(hit.start, []).append(hit.id)
    return list(
        dict.fromkeys(facts[0] for facts in asked.values() if all(fact in state.given and fact not in state.lost for fact in facts))
    )


def _contradictions(reading: Reading, state: CustomerState, minutes: float) -> list[tuple[str, str]]:
    """Return (earlier, new) times promised for the same demand that do not fit together."""
    if any(s.strengths.get("ow") == 2 for s in reading.segments):
        return []
    found = []
    for new in reading.commitments:
        if new.what.rstrip().endswith("?") or new.precision != "minute":
            continue
        for old in state.promises:
            if new.at and old.at and set(new.topics) & set(old.demands) and _minutes(new.at, old.at) > minutes:
                found.append((old.by, new.by))
    return found


def _minutes(first: str, second: str) -> float:
    return abs((datetime.fromisoformat(first) - datetime.fromisoformat(second)).total_seconds()) / 60
