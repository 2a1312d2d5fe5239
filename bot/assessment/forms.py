"""Assessment forms: what is played, what counts how much, what must be, and the result of it as a sum a reader can recompute.

Points of a case: every part of the form (`PARTS`) has a value 0..100 and a share, its weight divided by the weights of all parts
that the case gave an occasion for; value times share are its points, and their sum are the points of the case. Points of the form:
the mean of its cases. All numbers are rounded before they are added, so that the sum of what is shown is what is shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from bot.acts import COMPONENTS
from bot.assessment.look import Finding
from bot.assessment.musts import chosen, find
from bot.config import AssessmentSettings, load_config
from bot.content import Library
from bot.content.schema import Identifier, Must, MustId, MustLibrary, Strict, Text, one_of
from bot.conversation import Conversation
from bot.errors import InvalidInputError

PARTS: Mapping[str, str] = {
    "er": "Emotionale Reaktion",
    "ip": "Auf die Geschichte eingegangen",
    "ex": "Nachgefragt",
    "ow": "Verantwortung übernommen",
    "ac": "Schritte getan",
    "co": "Zugesagt mit Zeit",
    "respect": "Respekt",
    "empathy": "Empathie im Ganzen",
    "resolution": "Lösung im Ganzen",
    "replies": "Lösung der einzelnen Antworten",
    "outcome": "Ausgang",
    "demands": "Forderungen erfüllt",
    "information": "Nötiges gesagt",
    "goal": "Zielzustand am Arbeitsplatz",
    "deeds": "Gesagt und getan",
}
"""What a form can give weight to, with its German name. `empathy` and `resolution` are the scores of the scorecard and hold
the others; a form takes either them or the single parts, or knowingly both."""
_OF_SCORECARD = ("replies", "outcome", "demands", "information", "goal", "deeds")
_MEAN_TO = 1
"""Places of values and of points of a case and a form; points of a line have one more, shares four."""

Part = Annotated[str, one_of(tuple(PARTS), "Teil")]


class FormCase(Strict):
    """One conversation of a form; the same for everybody."""

    scenario: Identifier
    persona: Identifier
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)]


class Form(Strict):
    """An assessment form.

    Attributes:
        title: as the trainee sees it.
        cases: conversations to be played, in this order.
        weights: part -> weight, 0 or more; only how they stand to each other matters. What is not named weighs nothing. Left out
            altogether, they are those of config.yml (`assessment.form`), as the pass mark is.
        musts: must-dos that every conversation has to hold.
        time_limit_minutes: for the whole form; None for none. Whoever runs the assessment watches it, a result does not know it.
        pass_mark: points (0..100) of the form from which it is passed.
        attempts: how often it may be taken.
    """

    title: Text
    cases: Annotated[list[FormCase], Field(min_length=1)]
    weights: Annotated[dict[Part, Annotated[float, Field(ge=0.0, allow_inf_nan=False)]], Field(min_length=1)] = Field(
        default_factory=lambda: dict(load_config().assessment.form.weights)
    )
    musts: list[MustId] = Field(default_factory=list)
    time_limit_minutes: Annotated[int, Field(ge=1)] | None = None
    pass_mark: Annotated[float, Field(ge=0.0, le=100.0)] = Field(default_factory=lambda: load_config().assessment.form.pass_mark)
    attempts: Annotated[int, Field(ge=1)] = Field(default_factory=lambda: load_config().assessment.form.attempts)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if not any(self.weights.values()):
            raise ValueError("weights: mindestens ein Gewicht muss über null liegen")
        for name, items in (("musts", self.musts), ("cases", [(c.scenario, c.persona, c.seed) for c in self.cases])):
            if len(set(items)) < len(items):
                raise ValueError(f"{name}: dasselbe steht zweimal da")
        return self


def check_form(form: Form, content: Library) -> None:
    """Check that the cases of a form can be played.

    Raises:
        NotFoundError: for a scenario or persona that does not exist.
        InvalidInputError: for a persona that does not play in the scenario.
    """
    for case in form.cases:
        scenario, persona = content.scenario(case.scenario), content.persona(case.persona)
        cast = [*scenario.personas, *scenario.stand_ins]
        if persona.id not in cast:
            raise InvalidInputError(f"„{persona.id}“ spielt in „{scenario.id}“ nicht mit.", f"Möglich: {', '.join(cast)}.")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a sum.

    Attributes:
        what: the part; for the sum of a form, the scenario.
        text: its German name; for the sum of a form, the scenario's title.
        value: 0..100, what was reached.
        weight: its share of the whole, 0..1; the shares of a sum make 1.
        points: value times weight.
    """

    what: str
    text: str
    value: float
    weight: float
    points: float


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What one conversation of a form came to.

    Attributes:
        case: which.
        played: whether it was played to an end with at least one reply; where not, it has no points.
        outcome: how it ended; empty where it was not played.
        points: 0..100, the sum of its lines.
        components: er, ip, ex, ow, ac, co, respect -> 0..100, whatever the form gives weight to.
        lines: the sum.
        musts: must-do -> finding, in the order of the form.
    """

    case: FormCase
    played: bool
    outcome: str
    points: float
    components: Mapping[str, float]
    lines: tuple[Line, ...]
    musts: Mapping[str, Finding]


@dataclass(frozen=True, slots=True)
class FormResult:
    """What a form came to.

    Attributes:
        cases: one by one, in the order of the form.
        lines: the sum: every case with its points and an equal weight.
        total: 0..100, the sum of the lines' points.
        complete: whether every case was played.
        missed: (case number from 0, must-do) of every must-do that was broken.
        passed: complete, the total at or above the pass mark, and nothing missed. A must-do without occasion counts as held.
    """

    cases: tuple[CaseResult, ...]
    lines: tuple[Line, ...]
    total: float
    complete: bool
    missed: tuple[tuple[int, str], ...]
    passed: bool

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data."""
        cases = [
            {
                "case": result.case.model_dump(),
                "played": result.played,
                "outcome": result.outcome,
                "points": result.points,
                "components": dict(result.components),
                "lines": [asdict(line) for line in result.lines],
                "musts": {name: finding.to_dict() for name, finding in result.musts.items()},
            }
            for result in self.cases
        ]
        return {
            "cases": cases,
            "lines": [asdict(line) for line in self.lines],
            "total": self.total,
            "complete": self.complete,
            "missed": [list(item) for item in self.missed],
            "passed": self.passed,
        }


def assess(
    form: Form, conversations: Sequence[Conversation], content: Library, library: MustLibrary, settings: AssessmentSettings
) -> FormResult:
    """Return what a form came to. A pure function.

    Args:
        form: what was to be done.
        conversations: of one attempt, finished, in any order; each counts for the case with its scenario, persona and seed.
        content: scenarios and personas.
        library: the must-dos.
        settings: of assessments, from config.yml.

    Raises:
        NotFoundError: for a scenario, persona or must-do that does not exist.
        InvalidInputError: for a conversation that is not part of the form, or two for one case.
    """
    check_form(form, content)
    wanted = chosen(library, form.musts)
    by_case = _by_case(form, conversations)
    cases = tuple(_case_result(case, by_case.get(_key(case)), form, wanted, content, settings) for case in form.cases)
    lines = _form_lines(cases, content)
    total = round(sum(line.points for line in lines), _MEAN_TO)
    missed = tuple((i, name) for i, result in enumerate(cases) for name, finding in result.musts.items() if finding.held is False)
    complete = all(result.played for result in cases)
    return FormResult(cases, lines, total, complete, missed, complete and total >= form.pass_mark and not missed)


def _key(case: FormCase) -> tuple[str, str, int]:
    return case.scenario, case.persona, case.seed


def _by_case(form: Form, conversations: Sequence[Conversation]) -> dict[tuple[str, str, int], Conversation]:
    known = {_key(case) for case in form.cases}
    found: dict[tuple[str, str, int], Conversation] = {}
    for conversation in conversations:
        session = conversation.session
        key = (session["scenario"], session["persona"], session["seed"])
        if key not in known:
            raise InvalidInputError(f"Das Gespräch {key} gehört nicht zum Bogen „{form.title}“.", "Nur die Fälle des Bogens zählen.")
        if key in found:
            raise InvalidInputError(f"Zum Fall {key} gibt es zwei Gespräche.", "Für jeden Versuch zählt eines je Fall.")
        found[key] = conversation
    return found


def _case_result(
    case: FormCase, conversation: Conversation | None, form: Form, wanted: Sequence[Must], content: Library, settings: AssessmentSettings
) -> CaseResult:
    values = part_values(conversation, settings) if conversation else {}
    if conversation is None or not values:
        return CaseResult(case, False, "", 0.0, {}, (), {})
    lines = case_lines(values, form.weights)
    scenario, persona = content.scenario(case.scenario), content.persona(case.persona)
    return CaseResult(
        case=case,
        played=True,
        outcome=conversation.outcome,
        points=points_of(lines),
        components={name: values[name] for name in (*COMPONENTS, "respect")},
        lines=lines,
        musts={must.id: find(must, conversation, scenario, persona) for must in wanted},
    )


def _form_lines(cases: Sequence[CaseResult], content: Library) -> tuple[Line, ...]:
    share = 1 / len(cases)
    return tuple(
        Line(r.case.scenario, content.scenario(r.case.scenario).title, r.points, round(share, 4), round(r.points * share, 2)) for r in cases
    )


def part_values(conversation: Conversation, settings: AssessmentSettings) -> dict[str, float]:
    """Return the value (0..100) of every part that a finished conversation gave an occasion for; empty without scorecard or replies.

    A component is the mean of its levels (0, 1, 2 are 0, 50, 100) over the better replies, `better_half` of all; respect is
    that of the worst reply; the rest stands in the scorecard.

    Args:
        conversation: with its scorecard.
        settings: of assessments.
    """
    card = conversation.scorecard
    ratings = [e.rating for e in conversation.exchanges if e.rating]
    if card is None or not ratings:
        return {}
    counted = max(1, round(settings.better_half * len(ratings)))
    values: dict[str, float] = {}
    for component in COMPONENTS:
        levels = sorted((rating["components"][component] for rating in ratings), reverse=True)[:counted]
        values[component] = 50 * sum(levels) / counted
    values["respect"] = settings.respect[card["respect"]]
    values |= {"empathy": card["empathy"], "resolution": card["resolution"]}
    values |= {part["what"]: part["value"] for part in card["parts"] if part["what"] in _OF_SCORECARD}
    return {name: round(float(value), _MEAN_TO) for name, value in values.items()}


def case_lines(values: Mapping[str, float], weights: Mapping[str, float]) -> tuple[Line, ...]:
    """Return the sum of a case: the parts with a weight and a value, each with its share.

    Where a case has none of the parts that count, there is no line and no point.
    """
    counted = [name for name in PARTS if weights.get(name) and name in values]
    total = sum(weights[name] for name in counted)
    shares = {name: weights[name] / total for name in counted}
    return tuple(Line(n, PARTS[n], values[n], round(shares[n], 4), round(values[n] * round(shares[n], 4), 2)) for n in counted)


def points_of(lines: Sequence[Line]) -> float:
    """Return the points of a case: the sum of its lines, at most 100 (shares are rounded)."""
    return min(100.0, round(sum(line.points for line in lines), _MEAN_TO))
