"""The table of simulated difficulty: what simulated trainees reached in every case, and whether it still fits the content.

`warteschleife difficulty` writes it (`bot.simulation.difficulty` plays); `bot.assessment.parallel` looks for equal forms in it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Annotated

from pydantic import Field, ValidationError

from bot.config import Config
from bot.content import Library
from bot.content.files import field_name, german_message
from bot.content.schema import Channel, Identifier, Skill, Strict
from bot.errors import ContentError

_FOLDERS = ("scenarios", "personas", "wording", "trainees", "nlu", "ratings")
_SECTIONS = ("pipeline", "training", "mood", "customer", "evaluation")
Value = Annotated[float, Field(ge=0.0, le=100.0)]


class SimulatedPerson(Strict):
    """A simulated trainee who played every case.

    Attributes:
        trainee: kind (`bot.simulation.TRAINEES`).
        time: from 1; each time the same kind chooses other words.
    """

    trainee: Identifier
    time: Annotated[int, Field(ge=1)]


class ScenarioKind(Strict):
    """What decides whether one scenario can stand for another."""

    channel: Channel
    skills: list[Skill]
    minutes: int


class SimulatedCase(Strict):
    """What the simulated trainees reached in one case.

    Attributes:
        scenario, persona, seed: the case.
        points: their mean (0..100) with the weights of config.yml; the higher, the easier.
        error: its standard error in points, without what makes some of the trainees better than others in every case.
        values: part of a form -> value of each simulated person, in order; None where it gave no occasion.
    """

    scenario: Identifier
    persona: Identifier
    seed: int
    points: Value
    error: Annotated[float, Field(ge=0.0)]
    values: dict[str, list[Value | None]]


class DifficultyTable(Strict):
    """The whole table.

    Attributes:
        made_from: hash of the content and settings it was made from.
        people: the simulated trainees.
        scenarios: scenario -> what it is.
        cases: what they reached.
    """

    made_from: str
    people: list[SimulatedPerson]
    scenarios: dict[Identifier, ScenarioKind]
    cases: list[SimulatedCase]


def table_path(data: Path) -> Path:
    """Return where the table of a data folder lies."""
    return data / "assessment" / "difficulty.json"


def load_table(data: Path) -> DifficultyTable:
    """Return the table of a data folder.

    Raises:
        ContentError: when there is none, or it cannot be read.
    """
    path = table_path(data)
    remedy = "`warteschleife difficulty` schreibt sie neu (einige Minuten)."
    try:
        return DifficultyTable.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ContentError(f"Die Tabelle der Schwierigkeiten {path} lässt sich nicht lesen ({error.strerror}).", remedy) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise ContentError(f"{path}: {field_name(first['loc'])}: {german_message(first)}.", remedy) from error


def save_table(table: DifficultyTable, data: Path) -> Path:
    """Write the table, one case in a line, and return where."""
    head = table.model_dump(exclude={"cases"})
    lines = ",\n".join(json.dumps(case.model_dump(), ensure_ascii=False, separators=(",", ":")) for case in table.cases)
    text = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    path = table_path(data)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{text},\n "cases": [\n{lines}\n ]\n}}\n', encoding="utf-8")
    return path


def fingerprint(data: Path, config: Config) -> str:
    """Return a hash of all content and settings that can change what a simulated trainee reaches."""
    settings = {name: config.model_dump(mode="json")[name] for name in _SECTIONS}
    settings["assessment"] = config.assessment.model_dump(mode="json", exclude={"parallel": True, "form": {"pass_mark", "attempts"}})
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for folder in _FOLDERS:
        for path in sorted((data / folder).glob("*.*")):
            if path.suffix in {".yml", ".yaml", ".jsonl"}:
                digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def staleness(table: DifficultyTable, data: Path, config: Config) -> str:
    """Return a German sentence when the table was made from other content; empty when it fits."""
    if table.made_from == fingerprint(data, config):
        return ""
    return "Die Tabelle der Schwierigkeiten stammt von anderen Inhalten oder Einstellungen; `warteschleife difficulty` schreibt sie neu."


def make_table(
    played: Mapping[tuple[str, str, int], Sequence[Mapping[str, float]]],
    people: Sequence[SimulatedPerson],
    content: Library,
    weights: Mapping[str, float],
    made_from: str,
) -> DifficultyTable:
    """Return the table of what was played.

    Args:
        played: (scenario, persona, seed) -> values of each simulated person, in order.
        people: the simulated persons.
        content: scenarios.
        weights: that the shown points are summed up with.
        made_from: see `fingerprint`.
    """  # fmt: skip
    reached = {key: [weighted(values, weights) for values in found] for key, found in played.items()}
    ability = [mean(points[i] for points in reached.values()) for i in range(len(people))]
    cases = []
    for (scenario, persona, seed), found in played.items():
        points = reached[scenario, persona, seed]
        beside = [p - a for p, a in zip(points, ability, strict=True)]
        parts = sorted({name for values in found for name in values})
        values = {name: [one.get(name) for one in found] for name in parts}
        cases.append(
            SimulatedCase(
                scenario=scenario, persona=persona, seed=seed, points=round(mean(points), 1),
                error=round(stdev(beside) / len(beside) ** 0.5, 2), values=values,
            )
        )  # fmt: skip
    used = sorted({key[0] for key in played})
    kinds = {name: ScenarioKind(channel=s.channel, skills=s.skills, minutes=s.minutes) for name in used if (s := content.scenario(name))}
    return DifficultyTable(made_from=made_from, people=list(people), scenarios=kinds, cases=cases)


def weighted(values: Mapping[str, float | None], weights: Mapping[str, float]) -> float:
    """Return the points (0..100) that values add up to; see `bot.assessment.forms`. 0 where nothing counts."""
    counted = [(value, weights[name]) for name, value in values.items() if value is not None and weights.get(name)]
    total = sum(weight for _, weight in counted)
    return sum(value * weight for value, weight in counted) / total if total else 0.0
