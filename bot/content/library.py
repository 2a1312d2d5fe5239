"""The library: all content that a session needs, loaded once and immutable."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from bot.content.authoring import tried_files
from bot.content.files import check_jsonl, load_yaml
from bot.content.schema import Line, NluFile, PathLevel, Persona, RatedReply, Scenario, WordingBank
from bot.errors import ContentError, NotFoundError

T = TypeVar("T")
M = TypeVar("M", Persona, Scenario)


@dataclass(frozen=True, slots=True)
class Library:
    """Scenarios, personas and common wording by id.

    Attributes:
        scenarios: scenario id -> scenario.
        personas: persona id -> persona.
        wording: customer act -> lines of all banks for it.
        levels: the learning path, in order.
    """

    scenarios: Mapping[str, Scenario]
    personas: Mapping[str, Persona]
    wording: Mapping[str, tuple[Line, ...]]
    levels: tuple[PathLevel, ...] = ()

    def scenario(self, scenario_id: str) -> Scenario:
        """Return a scenario.

        Raises:
            NotFoundError: naming the id and those that exist.
        """
        return _get(self.scenarios, scenario_id, "Das Szenario")

    def persona(self, persona_id: str) -> Persona:
        """Return a persona.

        Raises:
            NotFoundError: naming the id and those that exist.
        """
        return _get(self.personas, persona_id, "Die Persona")

    def level(self, level_id: str) -> PathLevel:
        """Return a level of the learning path.

        Raises:
            NotFoundError: naming the id and those that exist.
        """
        return _get({level.id: level for level in self.levels}, level_id, "Die Stufe")


def _get(items: Mapping[str, T], key: str, what: str) -> T:
    try:
        return items[key]
    except KeyError:
        raise NotFoundError(f"{what} „{key}“ gibt es nicht.", f"Vorhanden: {', '.join(sorted(items))}.") from None


def load_library(data: Path) -> Library:
    """Load all scenarios, personas and wording below a data folder.

    Raises:
        ContentError: naming file, line and field of the first thing that is wrong.
    """
    personas = _by_id(data / "personas", Persona)
    scenarios = _by_id(data / "scenarios", Scenario)
    for path in tried_files():
        tried = load_yaml(path, Scenario)
        scenarios[tried.id] = tried
    for scenario in scenarios.values():
        for name in scenario.voices:
            if name not in personas:
                raise ContentError(
                    f"data/scenarios/{scenario.id}.yml: voices: die Persona „{name}“ gibt es nicht.",
                    f"Vorhanden: {', '.join(sorted(personas))}.",
                )
    wording: dict[str, tuple[Line, ...]] = {}
    for path in yaml_files(data / "wording"):
        bank = load_yaml(path, WordingBank)
        wording[bank.act] = wording.get(bank.act, ()) + tuple(bank.lines)
    levels = sorted((load_yaml(path, PathLevel) for path in yaml_files(data / "levels")), key=lambda level: level.order)
    return Library(scenarios, personas, wording, tuple(levels))


def yaml_files(folder: Path) -> list[Path]:
    """Return the YAML files of a folder in a fixed order."""
    return sorted(path for path in folder.glob("*.y*ml") if path.is_file())


def _by_id(folder: Path, model: type[M]) -> dict[str, M]:
    items: dict[str, M] = {}
    for path in yaml_files(folder):
        item = load_yaml(path, model)
        if item.id in items:
            raise ContentError(f"{path}: das Kürzel „{item.id}“ gibt es schon.", "Jedes Kürzel nur einmal vergeben.")
        items[item.id] = item
    if not items:
        raise ContentError(f"In {folder} liegt keine einzige YAML-Datei.", "Ist WARTESCHLEIFE_HOME richtig gesetzt?")
    return items


@lru_cache(maxsize=4)
def library(data: Path) -> Library:
    """Return the library of a data folder, loaded once per process."""
    return load_library(data)


# --- training data --------------------------------------------------------------------------------------------------

_ENTITY = re.compile(r"\[([^\]]+)\]\([^)]*\)")


def nlu_examples(data: Path) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield (labels, text) for each example of `data/nlu/`.

    A multi-intent `apologize+own` gives two labels; a retrieval intent `ask/wish` gives the one label `ask/wish`;
    `none` gives no label. Rasa's entity brackets are taken off.
    """
    for path in yaml_files(data / "nlu"):
        for block in load_yaml(path, NluFile).nlu:
            labels = () if block.intent == "none" else tuple(block.intent.split("+"))
            for text in example_lines(block.examples):
                yield labels, text


def example_lines(examples: str) -> list[str]:
    """Return the examples of one Rasa `examples: |` block."""
    lines = (line.strip() for line in examples.splitlines())
    return [_ENTITY.sub(r"\1", line[1:].strip()) for line in lines if line.startswith("-") and line[1:].strip()]


def rated_replies(data: Path) -> Iterator[RatedReply]:
    """Yield the rated replies of `data/ratings/*.jsonl`, file by file.

    Raises:
        ContentError: naming the first line that is wrong.
    """
    for path in sorted((data / "ratings").glob("*.jsonl")):
        for _, reply, problems in check_jsonl(path, RatedReply):
            if reply is None:
                raise ContentError(str(problems[0]), "`warteschleife validate` zeigt alle Fehler.")
            yield reply
