"""`warteschleife validate`: every content file checked, every problem named with file, line, field and remedy."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bot.acts import REPLY_ACTS
from bot.config import data_root, load_config
from bot.content.casting import possible_casts, reasons_against
from bot.content.duplicates import near_duplicates, split_by_author
from bot.content.files import Problem, check_jsonl, check_yaml, read_text
from bot.content.library import example_lines, yaml_files
from bot.content.schema import (
    Feedback,
    HintBank,
    Line,
    MustLibrary,
    NluFile,
    PathLevel,
    Persona,
    RatedReply,
    Scenario,
    Strict,
    TraineeLines,
    WordingBank,
)
from bot.errors import NotFoundError

SLOTS = ("trainee", "time", "old_time", "quote", "wrong", "right", "waited", "company", "fact")
"""What a line may hold in braces; a line is only said when all its slots can be filled."""

PARTS = 4
"""Parts that the voices are split into for cross-validation."""

_SLOT = re.compile(r"\{([^{}]*)\}")
_COACHING: dict[str, type[Strict]] = {"feedback": Feedback, "hints": HintBank}
"""Files in `coaching/` by name."""
_HINT_SLOTS = ("name", "demand", "information")
_KINDS: dict[str, type[Strict]] = {
    "scenarios": Scenario,
    "personas": Persona,
    "wording": WordingBank,
    "nlu": NluFile,
    "trainees": TraineeLines,
    "levels": PathLevel,
    "assessment": MustLibrary,
}


@dataclass
class Report:
    """What `validate` found.

    Attributes:
        problems: everything that must be corrected.
        counts: kind of content -> number of items, for the summary.
        casts: scenario -> (persona, voice) that would go together although nobody has cast them.
        split: replies in each part when the voices are split for cross-validation; empty with fewer voices than parts.
    """

    problems: list[Problem] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    casts: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    split: tuple[int, ...] = ()


def validate(path: Path) -> Report:
    """Check a data folder, or one file (its kind is told by the folder it lies in).

    Args:
        path: a data folder with `scenarios/`, `personas/`, … in it, or one YAML or JSONL file.

    Returns:
        The report; `problems` is empty when all is well.

    Raises:
        NotFoundError: when there is no such file or folder.
    """
    if not path.exists():
        raise NotFoundError(f"„{path}“ gibt es nicht.", "Angeben lässt sich eine Datei oder ein Ordner wie data/.")
    files = [path] if path.is_file() else _content_files(path)
    root = path if path.is_dir() else path.resolve().parent.parent
    if not (root / "personas").is_dir():
        root = data_root()
    report = Report()
    if not files:
        report.problems.append(
            Problem(path, 1, "", "", f"hier liegen keine Inhalte; erwartet werden die Ordner {', '.join(_KINDS)}, ratings")
        )
    names = _Names(root)
    for file in files:
        _check_file(file, names, report)
    report.problems += _copies(names)
    replies = [reply for reply, _, _ in names.replies]
    if len({reply.author for reply in replies}) >= PARTS:
        sizes = [sum(reply.author in part for reply in replies) for part in split_by_author(replies, PARTS)]
        report.split = tuple(sizes)
    return report


def _copies(names: "_Names") -> Iterator[Problem]:
    """Yield rated replies that nearly repeat another one."""
    places = {reply.id: (path, number, reply) for reply, path, number in names.replies}
    for pair in near_duplicates([reply for reply, _, _ in names.replies]):
        path, number, reply = places[pair.second]
        other, line, _ = places[pair.first]
        yield Problem(
            path, number, "segments", reply.text,
            f"fast gleich mit {pair.first} in {other.name}, Zeile {line} (Ähnlichkeit {pair.likeness:.2f} von 1); "
            "bitte eine davon neu schreiben oder streichen",
        )  # fmt: skip


def _content_files(root: Path) -> list[Path]:
    files = [file for kind in (*_KINDS, "coaching") for file in yaml_files(root / kind)]
    return files + sorted((root / "ratings").glob("*.jsonl"))


class _Names:
    """What other files of the same data folder define, read leniently."""

    def __init__(self, root: Path) -> None:
        self.people = {p.stem: check_yaml(p, Persona)[0] for p in yaml_files(root / "personas")}
        self.personas = set(self.people)
        self.topics = set()
        for path in yaml_files(root / "nlu"):
            nlu, _ = check_yaml(path, NluFile)
            self.topics |= {b.intent.removeprefix("ask/") for b in nlu.nlu if b.intent.startswith("ask/")} if nlu else set()
        self.skills = {s.id: s.skills for path in yaml_files(root / "scenarios") if (s := check_yaml(path, Scenario)[0])}
        self.causes = set(load_config().mood.effects)
        self.seen: dict[str, str] = {}
        self.replies: list[tuple[RatedReply, Path, int]] = []

    def twice(self, key: str, place: str) -> str | None:
        """Return where `key` was seen before, and remember it."""
        before = self.seen.get(key)
        self.seen.setdefault(key, place)
        return before


def _check_file(path: Path, names: _Names, report: Report) -> None:
    if path.suffix == ".jsonl":
        _check_ratings(path, names, report)
        return
    kind = path.resolve().parent.name
    if kind == "coaching":
        _check_coaching(path, report)
        return
    if kind not in _KINDS and path.suffix in {".yml", ".yaml"} and "\nvoices:" in read_text(path):
        kind = "scenarios"  # a file that is tried out where it lies
    if kind not in _KINDS:
        report.problems.append(Problem(path, 1, "", kind, f"der Ordner sagt nicht, was das ist; erlaubt: {', '.join(_KINDS)}, ratings"))
        return
    item, problems = check_yaml(path, _KINDS[kind])
    report.problems += problems
    if item is None:
        return
    if isinstance(item, Scenario):
        report.counts["scenarios"] += 1
        report.problems += _scenario_problems(path, item, names)
        known = {name: persona for name, persona in names.people.items() if persona}
        report.casts[item.id] = [cast for cast in possible_casts(item, known) if cast[0] not in item.stand_ins]
    elif isinstance(item, Persona):
        report.counts["personas"] += 1
        report.problems += _id_problems(path, item.id, "persona", names)
        report.problems += _cause_problems(path, "sensitivities", item.sensitivities, names)
        report.problems += _line_problems(path, [line for lines in item.lines.values() for line in lines])
    elif isinstance(item, WordingBank):
        report.counts["wording"] += len(item.lines)
        report.problems += _line_problems(path, item.lines)
    elif isinstance(item, PathLevel):
        report.counts["levels"] += 1
        report.problems += _level_problems(path, item, names)
    elif isinstance(item, MustLibrary):
        report.counts["musts"] += len(item.musts)
    elif isinstance(item, NluFile):
        report.problems += list(_nlu_problems(path, item, names, report.counts))


def _check_coaching(path: Path, report: Report) -> None:
    model = _COACHING.get(path.stem)
    if model is None:
        report.problems.append(Problem(path, 1, "", path.name, f"diese Datei ist nicht vorgesehen; erlaubt: {', '.join(_COACHING)}"))
        return
    item, problems = check_yaml(path, model)
    report.problems += problems
    if isinstance(item, HintBank):
        for need, lines in item:
            for text in (*lines.question, *lines.direction, *lines.example):
                report.problems += [
                    Problem(
                        path, line_of(path, text), need, text,
                        f"den Platzhalter {{{slot}}} gibt es nicht; erlaubt: {', '.join(_HINT_SLOTS)}",
                    )
                    for slot in _SLOT.findall(text)
                    if slot not in _HINT_SLOTS
                ]  # fmt: skip


def _id_problems(path: Path, item_id: str, kind: str, names: _Names) -> list[Problem]:
    problems = []
    before = names.twice(f"{kind} {item_id}", str(path))
    if before:
        problems.append(Problem(path, line_of(path, item_id), "id", item_id, f"das Kürzel gibt es schon in {before}"))
    if path.stem != item_id:
        problems.append(Problem(path, line_of(path, item_id), "id", item_id, f"muss wie die Datei heißen: {path.stem}"))
    return problems


def _scenario_problems(path: Path, scenario: Scenario, names: _Names) -> list[Problem]:
    problems = _id_problems(path, scenario.id, "scenario", names)
    problems += _cause_problems(path, "enrages", scenario.enrages, names)
    problems += _cause_problems(path, "soothes", scenario.soothes, names)
    problems += [
        Problem(path, line_of(path, p), f"voices.{p}", p, f"diese Persona gibt es nicht; erlaubt: {', '.join(sorted(names.personas))}")
        for p in scenario.voices
        if p not in names.personas
    ]
    problems += [
        Problem(
            path,
            line_of(path, f"topic: {f.topic}"),
            "topic",
            f.topic,
            f"dieses Frage-Thema gibt es nicht; erlaubt: {', '.join(sorted(names.topics))}",
        )
        for f in scenario.facts
        if f.topic and f.topic not in names.topics
    ]
    problems += _casting_problems(path, scenario, names)
    lines = [line for voice in scenario.voices.values() for bank in voice.lines.values() for line in bank]
    for voice in scenario.voices.values():
        texts = [voice.opening, *voice.story.values(), *voice.answers.values(), *voice.demands.values()]
        lines += [Line(text=text) for group in texts for text in group]
    return problems + _line_problems(path, lines)


def _level_problems(path: Path, level: PathLevel, names: _Names) -> Iterator[Problem]:
    """Yield what is wrong with a level of the learning path beside its own form."""
    yield from _id_problems(path, level.id, "level", names)
    before = names.twice(f"level order {level.order}", str(path))
    if before:
        yield Problem(path, line_of(path, f"order: {level.order}"), "order", str(level.order), f"diesen Platz hat schon {before}")
    for scenario in level.conversations:
        line = line_of(path, scenario)
        if scenario not in names.skills:
            allowed = ", ".join(sorted(names.skills))
            yield Problem(path, line, "conversations", scenario, f"dieses Szenario gibt es nicht; erlaubt: {allowed}")
        elif level.skill not in names.skills[scenario]:
            yield Problem(
                path, line, "conversations", scenario,
                f"dieses Szenario übt {', '.join(names.skills[scenario])}, nicht {level.skill}",
            )  # fmt: skip


def _casting_problems(path: Path, scenario: Scenario, names: _Names) -> Iterator[Problem]:
    """Yield where the lines of a voice would not be natural in the mouth of who stands in."""
    for persona_id, voice in scenario.stand_ins.items():
        persona, speaker = names.people.get(persona_id), names.people.get(voice)
        if persona_id not in names.personas:
            allowed = ", ".join(sorted(names.personas))
            yield Problem(path, line_of(path, "stand_ins"), "stand_ins", persona_id, f"diese Persona gibt es nicht; erlaubt: {allowed}")
        if persona is None or speaker is None:
            continue
        for reason, line in reasons_against(persona, speaker, scenario):
            yield Problem(
                path, line_of(path, line or "stand_ins"), "stand_ins", line or persona_id,
                f"{persona.name} kann die Zeilen von {speaker.name} nicht natürlich sprechen: {reason}",
            )  # fmt: skip


def _cause_problems(path: Path, place: str, causes: Iterable[str], names: _Names) -> list[Problem]:
    """Return causes of mood changes that config.yml does not know, and that would silently do nothing."""
    allowed = ", ".join(sorted(names.causes))
    return [
        Problem(path, line_of(path, cause), place, cause, f"diese Ursache gibt es nicht; erlaubt: {allowed}")
        for cause in causes
        if cause not in names.causes
    ]


def _line_problems(path: Path, lines: Iterable[Line]) -> list[Problem]:
    problems = []
    seen: set[str] = set()
    for line in lines:
        for slot in _SLOT.findall(line.text):
            if slot not in SLOTS:
                problems.append(
                    Problem(
                        path,
                        line_of(path, line.text),
                        "text",
                        line.text,
                        f"den Platzhalter {{{slot}}} gibt es nicht; erlaubt: {', '.join(SLOTS)}",
                    )
                )
        if line.text.count("{") != line.text.count("}"):
            problems.append(Problem(path, line_of(path, line.text), "text", line.text, "eine geschweifte Klammer ist nicht geschlossen"))
        if line.text in seen:
            problems.append(Problem(path, line_of(path, line.text), "text", line.text, "dieser Satz steht zweimal in der Datei"))
        seen.add(line.text)
    return problems


def _nlu_problems(path: Path, nlu: NluFile, names: _Names, counts: Counter[str]) -> Iterator[Problem]:
    for block in nlu.nlu:
        for label in block.intent.split("+"):
            if label != "none" and not label.startswith("ask/") and label not in REPLY_ACTS:
                yield Problem(
                    path, line_of(path, f"intent: {block.intent}"), "intent", label,
                    f"diesen Akt gibt es nicht; erlaubt: {', '.join(REPLY_ACTS)}, none, ask/<thema>",
                )  # fmt: skip
        examples = example_lines(block.examples)
        if not examples:
            yield Problem(path, line_of(path, f"intent: {block.intent}"), "examples", "", "keine Beispiele; jede Zeile beginnt mit „- “")
        for text in examples:
            counts["nlu"] += 1
            before = names.twice(f"nlu {block.intent.split('/')[0]} {text}", f"{path.name}, {block.intent}")
            if before:
                yield Problem(path, line_of(path, text), "examples", text, f"dieses Beispiel gibt es schon ({before})")


def _check_ratings(path: Path, names: _Names, report: Report) -> None:
    for number, reply, problems in check_jsonl(path, RatedReply):
        report.problems += problems
        if reply is None:
            continue
        report.counts["ratings"] += 1
        names.replies.append((reply, path, number))
        before = names.twice(f"rating {reply.id}", f"{path.name}:{number}")
        if before:
            report.problems.append(Problem(path, number, "id", reply.id, f"diese id gibt es schon ({before})"))
        if reply.author != path.stem:
            report.problems.append(Problem(path, number, "author", reply.author, f"muss wie die Datei heißen: {path.stem}"))


def line_of(path: Path, text: str) -> int:
    """Return the first line (from 1) of a file that holds `text` or its beginning; 1 when none does."""
    needle = text.split("\n")[0][:50]
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if needle in line:
            return number
    return 1


if __name__ == "__main__":  # pragma: no cover
    import sys

    found = validate(Path(sys.argv[1] if len(sys.argv) > 1 else "data"))
    print("\n".join(map(str, found.problems)) or dict(found.counts))
