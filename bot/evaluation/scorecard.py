"""The scorecard of a whole conversation: a sum a reader can recompute, with strengths and next steps."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.acts import COMPONENTS
from bot.config import ConversationWeights
from bot.evaluation.rating import Rating

_STRENGTHS = {
    "er": "Ehrliches Bedauern, das an der Sache hängt",
    "ip": "Genau benannt, was passiert ist",
    "ex": "Nach dem Menschen gefragt, nicht nur nach Daten",
    "ow": "Verantwortung übernommen",
    "ac": "Konkrete Schritte getan oder angeboten",
    "co": "Verbindlich zugesagt, was bis wann geschieht",
}
_NEXT = {
    "er": "Bedauern an das knüpfen, was passiert ist, statt einer Formel",
    "ip": "Zuerst eine Einzelheit aus der Geschichte nennen",
    "ex": "Fragen, was jetzt am wichtigsten ist",
    "ow": "„Ich übernehme das“ statt „wir schauen mal“",
    "ac": "Früher einen konkreten Schritt gehen",
    "co": "Zusagen mit Uhrzeit oder Tag geben",
    "respect": "Sätze weglassen, die verletzen oder abschieben",
    "beyond": "Ehrlich sagen, was nicht geht, statt es zu versprechen",
    "contradiction": "Wenn sich ein Termin ändert, es sagen",
    "reask": "Mitschreiben: nichts zweimal fragen",
    "said_not_done": "Was gesagt ist, auch tun: am Arbeitsplatz blieb es liegen",
    "unchecked": "Erst die Angaben abgleichen, dann handeln",
    "leaked": "Daten erst nach dem Abgleich nennen, fremde nie",
    "draft": "Vorschläge lesen und prüfen, bevor sie hinausgehen",
}


DEED_NAMES = {
    "said_and_done": "gesagt und getan",
    "said_not_done": "gesagt, aber nicht getan",
    "done_not_said": "getan, aber nicht gesagt",
    "checked": "richtig",
    "unchecked": "Abgleich fehlte",
    "leaked": "Datenschutz verletzt",
    "side_effect": "ohne Anlass verändert",
    "draft": "Vorschlag ungeprüft gesendet",
}
"""What each kind of deed is called in German."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something said, done, or both.

    Attributes:
        kind: one of DEED_NAMES.
        text: what it is about, in German.
    """

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Case:
    """The state of the case at the end, as far as the scorecard needs it.

    Attributes:
        outcome: how the conversation ended.
        demands: (id, text, must, state) of every demand.
        information: (id, text, told) of everything to be told.
        goal: (path, what it is in German, holds) of every desk condition.
        promises: every commitment as JSON data.
        deeds: what was said against what was done.
    """

    outcome: str
    demands: Sequence[tuple[str, str, bool, str]] = ()
    information: Sequence[tuple[str, str, bool]] = ()
    goal: Sequence[tuple[str, str, bool]] = ()
    promises: Sequence[Mapping[str, Any]] = ()
    deeds: Sequence[Deed] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the resolution sum: value 0..100 times weight."""

    what: str
    value: float
    weight: float
    detail: str


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Scores of a conversation.

    Attributes:
        outcome: how it ended.
        empathy: mean of the replies' empathy, 0..100; the second half of a conversation counts more, so that recovering pays.
        resolution: weighted sum of `parts`, 0..100.
        respect: worst violation, 0..2.
        parts: the resolution sum.
        headline: one sentence.
        strengths, next_steps: at most three each: {text, turn, quote}.
        replies: number of replies.
        course: empathy, resolution and respect of every reply, in order.
        efficiency: {value, replies, needless_questions, idle}: value 0..100 is the share of replies that moved the case.
        promises, demands, information, goal, deeds: state of the case.
    """

    outcome: str
    empathy: int
    resolution: int
    respect: int
    parts: tuple[Part, ...]
    headline: str
    strengths: tuple[Mapping[str, Any], ...]
    next_steps: tuple[Mapping[str, Any], ...]
    replies: int
    course: tuple[Mapping[str, int], ...]
    efficiency: Mapping[str, int]
    promises: tuple[Mapping[str, Any], ...]
    demands: tuple[Mapping[str, Any], ...]
    information: tuple[Mapping[str, Any], ...]
    goal: tuple[Mapping[str, Any], ...]
    deeds: tuple[Mapping[str, str], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data."""
        plain = asdict(self)
        return {key: list(value) if isinstance(value, tuple) else value for key, value in plain.items()}


def scorecard(replies: Sequence[tuple[str, Rating]], case: Case, weights: ConversationWeights) -> Scorecard:
    """Sum up a conversation.

    Args:
        replies: (text, rating) of every reply, in order.
        case: state of the case at the end.
        weights: from config.yml.
    """
    ratings = [rating for _, rating in replies]
    parts = _parts(ratings, case, weights)
    resolution = round(sum(p.value * p.weight for p in parts)) if ratings else 0
    empathy = _empathy(ratings, weights.late)
    return Scorecard(
        outcome=case.outcome,
        empathy=empathy,
        resolution=resolution,
        respect=max((r.respect for r in ratings), default=0),
        parts=parts,
        headline=_headline(empathy, resolution, case, bool(ratings)),
        strengths=_strengths(replies),
        next_steps=_next_steps(replies, case),
        replies=len(ratings),
        course=tuple({"empathy": r.empathy, "resolution": r.resolution, "respect": r.respect} for r in ratings),
        efficiency=_efficiency(ratings),
        promises=tuple(case.promises),
        demands=tuple({"id": i, "text": t, "must": m, "state": s} for i, t, m, s in case.demands),
        information=tuple({"id": i, "text": t, "told": told} for i, t, told in case.information),
        goal=tuple({"path": p, "text": t, "holds": h} for p, t, h in case.goal),
        deeds=tuple({"kind": deed.kind, "text": deed.text} for deed in case.deeds),
    )


def _empathy(ratings: Sequence[Rating], late: float) -> int:
    """Return the mean empathy, the replies of the second half counting `late` times as much as those of the first."""
    if not ratings:
        return 0
    weights = [late if 2 * i >= len(ratings) else 1.0 for i in range(len(ratings))]
    return round(sum(w * r.empathy for w, r in zip(weights, ratings, strict=True)) / sum(weights))


_MOVING = frozenset({"ac", "co", "ow"})


def _efficiency(ratings: Sequence[Rating]) -> Mapping[str, int]:
    """Return how many replies were needed, and how many of them moved nothing or asked what was known."""
    needless = sum("reask" in r.acts for r in ratings)
    idle = sum("reask" not in r.acts and not any(r.components[c] for c in (*_MOVING, "ex")) and not r.components["ip"] for r in ratings)
    value = round(100 * (1 - (needless + idle) / len(ratings))) if ratings else 0
    return {"value": value, "replies": len(ratings), "needless_questions": needless, "idle": idle}


def _parts(ratings: Sequence[Rating], case: Case, weights: ConversationWeights) -> tuple[Part, ...]:
    """Return the summands of the resolution; weights of parts that this scenario lacks go to the others."""
    found = [
        Part(
            "replies", sum(r.resolution for r in ratings) / len(ratings) if ratings else 0.0, weights.replies, f"{len(ratings)} Antworten"
        ),
        Part("outcome", weights.outcomes.get(case.outcome, 0.0), weights.outcome, case.outcome),
    ]
    if case.demands:
        shares = [(2 if must else 1, weights.states.get(state, 0.0)) for _, _, must, state in case.demands]
        met = sum(w * s for w, s in shares) / sum(w for w, _ in shares)
        count = sum(state in {"promised", "done"} for *_, state in case.demands)
        found.append(Part("demands", 100 * met, weights.demands, f"{count} von {len(case.demands)} Forderungen"))
    if case.information:
        told = sum(t for *_, t in case.information)
        found.append(
            Part("information", 100 * told / len(case.information), weights.information, f"{told} von {len(case.information)} Hinweisen")
        )
    if case.goal:
        held = sum(h for *_, h in case.goal)
        found.append(Part("goal", 100 * held / len(case.goal), weights.goal, f"{held} von {len(case.goal)} Zielen am Arbeitsplatz"))
    if case.deeds:
        right = sum(weights.deed[deed.kind] for deed in case.deeds)
        found.append(Part("deeds", 100 * right / len(case.deeds), weights.deeds, f"{right:g} von {len(case.deeds)}".replace(".", ",")))
    total = sum(part.weight for part in found)
    return tuple(Part(p.what, round(p.value, 1), round(p.weight / total, 4), p.detail) for p in found)


def _headline(empathy: int, resolution: int, case: Case, any_replies: bool) -> str:
    outcome = case.outcome
    if not any_replies:
        return "Noch keine Antwort gegeben."
    warm, solved = empathy >= 60, resolution >= 60
    if outcome == "hung_up":
        return (
            "Das Gespräch ist abgebrochen. Der Wendepunkt steht unten."
            if not warm
            else "Warm im Ton, und trotzdem abgebrochen: Es hat sich zu lange nichts bewegt."
        )
    undone = [held for *_, held in case.goal].count(False) > len(case.goal) / 2
    if outcome in {"resolved", "resolved_grudgingly"} and undone and not solved:
        return "Mit Worten gelöst, am Arbeitsplatz noch nicht: Was zugesagt ist, muss auch getan werden."
    if warm and solved:
        return "Zugehört und gelöst: So bleibt ein Gespräch in guter Erinnerung."
    if warm:
        return "Menschlich gut getroffen. In der Sache fehlte der entscheidende Schritt."
    if solved:
        return "Die Sache ist gelöst. Der Mensch kam dabei zu kurz."
    return "Hier ist Luft nach oben: erst die Lage benennen, dann einen Schritt mit Uhrzeit zusagen."


def _strengths(replies: Sequence[tuple[str, Rating]]) -> tuple[Mapping[str, Any], ...]:
    found: list[tuple[int, dict[str, Any]]] = []
    quoted: set[tuple[int, int]] = set()
    for component in COMPONENTS:
        places = [(turn, text, r) for turn, (text, r) in enumerate(replies, 1) if r.components[component] == 2 and r.respect < 2]
        if places:
            turn, text, rating = max(places, key=lambda p: (_shown_at(p, component) not in quoted, p[2].empathy + p[2].resolution))
            quoted.add(_shown_at((turn, text, rating), component))
            item = next((e for e in rating.evidence if e.component == component), None)
            found.append((len(places), {"text": _STRENGTHS[component], "turn": turn, "quote": text[item.start : item.end] if item else ""}))
    return tuple(entry for _, entry in sorted(found, key=lambda f: -f[0])[:3])


def _shown_at(place: tuple[int, str, Rating], component: str) -> tuple[int, int]:
    """Return where a strength would be quoted from, so that not every strength quotes the same sentence."""
    turn, _, rating = place
    return turn, next((e.start for e in rating.evidence if e.component == component), -1)


def _next_steps(replies: Sequence[tuple[str, Rating]], case: Case) -> tuple[Mapping[str, Any], ...]:
    if not replies:
        return ()
    found: list[tuple[float, dict[str, Any]]] = []
    hurting = [(turn, text, r) for turn, (text, r) in enumerate(replies, 1) if r.respect]
    if hurting:
        turn, text, rating = max(hurting, key=lambda h: h[2].respect)
        item = next((e for e in rating.evidence if e.component == "respect"), None)
        found.append((10.0, {"text": _NEXT["respect"], "turn": turn, "quote": text[item.start : item.end] if item else ""}))
    broken = [(turn, text, r) for turn, (text, r) in enumerate(replies, 1) if "contradiction" in r.notes]
    if broken:
        found.append((9.0, {"text": _NEXT["contradiction"], "turn": broken[0][0], "quote": ""}))
    beyond = [turn for turn, (_, r) in enumerate(replies, 1) if "beyond" in r.notes]
    if beyond:
        found.append((9.5, {"text": _NEXT["beyond"], "turn": beyond[0], "quote": ""}))
    kinds = [deed.kind for deed in case.deeds]
    found += [(8.5, {"text": _NEXT[kind], "turn": len(replies), "quote": ""}) for kind in dict.fromkeys(kinds) if kind in _NEXT]
    asked = [turn for turn, (_, r) in enumerate(replies, 1) if "reask" in r.acts]
    if asked:
        found.append((8.0, {"text": _NEXT["reask"], "turn": asked[0], "quote": ""}))
    for component in COMPONENTS:
        mean = sum(r.components[component] for _, r in replies) / len(replies)
        weakest = min(range(len(replies)), key=lambda i: (replies[i][1].components[component], i))
        importance = {"ip": 1.4, "co": 1.3, "ac": 1.2}.get(component, 1.0)
        if mean < 1.2:
            found.append(((2 - mean) * importance, {"text": _NEXT[component], "turn": weakest + 1, "quote": ""}))
    return tuple(entry for _, entry in sorted(found, key=lambda f: -f[0])[:3])
