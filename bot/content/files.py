"""Reading YAML and JSONL files, with the line numbers that error messages need."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.errors import ContentError

M = TypeVar("M", bound=BaseModel)
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a content file.

    Attributes:
        file: the file.
        line: line number, counted from 1.
        field: where in the file, e.g. `demands.0.met_as`; empty for the file as a whole.
        value: the offending value, shortened; empty where there is none.
        message: what is wrong and what is allowed, in German.
    """

    file: Path
    line: int
    field: str
    value: str
    message: str

    def __str__(self) -> str:
        value = f" (Wert: {self.value})" if self.value else ""
        field = f"{self.field}: " if self.field else ""
        return f"{self.file}:{self.line}: {field}{self.message}{value}"


_MESSAGES = {
    "missing": "fehlt",
    "extra_forbidden": "dieses Feld gibt es hier nicht",
    "string_type": "muss ein Text sein (in Anführungszeichen setzen, wenn es wie eine Zahl aussieht)",
    "int_type": "muss eine ganze Zahl sein",
    "int_parsing": "muss eine ganze Zahl sein",
    "float_type": "muss eine Zahl sein",
    "float_parsing": "muss eine Zahl sein",
    "bool_type": "muss true oder false sein",
    "bool_parsing": "muss true oder false sein",
    "list_type": "muss eine Liste sein",
    "dict_type": "muss eine Zuordnung (schlüssel: wert) sein",
    "model_attributes_type": "muss eine Zuordnung (schlüssel: wert) sein",
    "model_type": "muss eine Zuordnung (schlüssel: wert) sein",
    "datetime_parsing": "muss Datum und Uhrzeit sein, z. B. 2026-03-10T10:17",
    "datetime_from_date_parsing": "muss Datum und Uhrzeit sein, z. B. 2026-03-10T10:17",
}
_LIMITS = {
    "greater_than_equal": ("ge", "muss mindestens {} sein"),
    "less_than_equal": ("le", "darf höchstens {} sein"),
    "greater_than": ("gt", "muss größer als {} sein"),
    "less_than": ("lt", "muss kleiner als {} sein"),
    "too_short": ("min_length", "braucht mindestens {} Einträge"),
    "too_long": ("max_length", "darf höchstens {} Einträge haben"),
    "literal_error": ("expected", "nicht erlaubt; erlaubt: {}"),
}


def german_message(error: ErrorDetails) -> str:
    """Return the German sentence for one pydantic error."""
    kind = error["type"]
    context = error.get("ctx", {})
    if kind in _LIMITS:
        key, sentence = _LIMITS[kind]
        return sentence.format(str(context.get(key, "?")).replace(" or ", ", "))
    if kind == "value_error":
        return str(context.get("error", error["msg"]))
    return _MESSAGES.get(kind, error["msg"])


def field_name(location: Sequence[str | int]) -> str:
    """Return `demands.0.met_as` for a pydantic error location."""
    return ".".join(str(part) for part in location)


def shown(value: Any) -> str:
    """Return a value shortened for a message; containers say nothing."""
    if isinstance(value, dict | list | BaseModel):
        return ""
    text = repr(value) if not isinstance(value, str) else f"„{value}“"
    return text if len(text) <= 60 else text[:57] + "…"


def _line_of(node: yaml.Node | None, location: Sequence[str | int]) -> int:
    """Return the line (from 1) of the deepest part of `location` that exists below a YAML node."""
    line = node.start_mark.line + 1 if node else 1
    for part in location:
        found: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    found, line = value, key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            found = node.value[part]
            line = found.start_mark.line + 1
        if found is None:
            break
        node = found
    return line


def yaml_error(path: Path, error: yaml.YAMLError) -> Problem:
    """Return the problem for a file that is no YAML at all."""
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error)
    return Problem(path, mark.line + 1 if mark else 1, "", "", f"kein gültiges YAML: {what}")


def read_text(path: Path) -> str:
    """Return a file's text.

    Raises:
        ContentError: when it cannot be read or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ContentError(f"{path}: Die Datei ist nicht in UTF-8 gespeichert.", "Bitte als UTF-8 speichern.") from error
    except OSError as error:
        raise ContentError(f"{path}: Die Datei lässt sich nicht lesen ({error.strerror}).") from error


def check_yaml(path: Path, model: type[M]) -> tuple[M | None, list[Problem]]:
    """Read a YAML file and check it against a model.

    Args:
        path: the file.
        model: what it must hold.

    Returns:
        The instance, or None, and every problem found.
    """
    try:
        text = read_text(path)
        data = yaml.load(text, Loader=_Loader)  # noqa: S506  (a safe loader in either case)
    except ContentError as error:
        return None, [Problem(path, 1, "", "", error.message)]
    except yaml.YAMLError as error:
        return None, [yaml_error(path, error)]
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        node = yaml.compose(text, Loader=_Loader)
        return None, [
            Problem(path, _line_of(node, e["loc"]), field_name(e["loc"]), shown(e["input"]), german_message(e)) for e in error.errors()
        ]


def load_yaml(path: Path, model: type[M]) -> M:
    """Read a YAML file that must be right.

    Raises:
        ContentError: naming file, line, field and what is allowed.
    """
    instance, problems = check_yaml(path, model)
    if instance is None:
        raise ContentError(str(problems[0]), "`warteschleife validate` zeigt alle Fehler.")
    return instance


def check_jsonl(path: Path, model: type[M]) -> Iterator[tuple[int, M | None, list[Problem]]]:
    """Yield (line number, instance or None, problems) for each non-empty line of a JSONL file."""
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            yield number, model.model_validate(json.loads(line)), []
        except json.JSONDecodeError as error:
            yield number, None, [Problem(path, number, "", "", f"kein gültiges JSON: {error.msg} (Zeichen {error.colno})")]
        except ValidationError as error:
            yield number, None, [Problem(path, number, field_name(e["loc"]), shown(e["input"]), german_message(e)) for e in error.errors()]
