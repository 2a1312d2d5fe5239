"""The language of the pages: German is written in the code, English is a Babel catalogue (`locales/en.po`).

`python -m bot.web.i18n` brings the catalogue up to date with the templates and the code; a test fails while a text of the
pages has no translation.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from bot import errors

LANGUAGES = {"de": "Deutsch", "en": "English"}
"""Languages of the pages, each with its own name for itself."""

COOKIE = "language"
_WEB = Path(__file__).parent
_CATALOGUE = _WEB / "locales" / "en.po"
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
_METHODS = [
    ("templates/**.html", "jinja2.ext:babel_extract"),
    ("**.py", "python"),
]
_OPTIONS = {"templates/**.html": {"trimmed": "true", "silent": "false", "newstyle_gettext": "true"}}
_SLOT = re.compile(r"%\((\w+)\)s|%%")

language: ContextVar[str] = ContextVar("language", default="de")
"""Language of the request that is being answered."""


def N_(text: str) -> str:  # noqa: N802  (gettext's own name)
    """Mark a text for the catalogue without translating it here."""
    return text


@lru_cache(maxsize=1)
def _english() -> Mapping[str | tuple[str, str], str | tuple[str, ...]]:
    with _CATALOGUE.open("rb") as file:
        catalogue = read_po(file)
    found: dict[str | tuple[str, str], str | tuple[str, ...]] = {}
    for message in catalogue:
        text, english = message.id, message.string
        if isinstance(text, str) and text and isinstance(english, str) and english:
            found[text] = english
        elif isinstance(text, tuple | list) and isinstance(english, tuple | list) and all(english):
            found[text[0], text[1]] = tuple(english)
    return found


def gettext(text: str) -> str:
    """Return a German text in the language of this request; German where it has no translation."""
    if language.get() == "de" or not text:
        return text
    found = _english().get(text)
    return found if isinstance(found, str) else _from_pattern(text) or text


def ngettext(one: str, many: str, count: int) -> str:
    """Return the form for a number, in the language of this request."""
    if language.get() == "de":
        return one if count == 1 else many
    found = _english().get((one, many))
    forms = found if isinstance(found, tuple) else (one, many)
    return forms[0] if count == 1 else forms[1]


_HOLE = re.compile(r"\\{(\w+)\\}")


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return the messages with slots in braces, as patterns that find what stands in the slots."""
    found = []
    for german, english in _english().items():
        if isinstance(german, str) and isinstance(english, str) and re.search(r"\{\w+\}", german):
            seen: set[str] = set()

            def slot(match: re.Match[str], seen: set[str] = seen) -> str:
                name = match[1]
                if name in seen:
                    return f"(?P={name})"
                seen.add(name)
                return f"(?P<{name}>.*?)"

            found.append((re.compile(_HOLE.sub(slot, re.escape(german)), re.DOTALL), english))
    return sorted(found, key=lambda pair: -len(pair[0].pattern))


def _from_pattern(text: str) -> str:
    """Return the translation of a message whose slots are filled already, as those of errors are."""
    for pattern, english in _patterns():
        match = pattern.fullmatch(text)
        if match:
            return english.format(**match.groupdict())
    return ""


def messages() -> Iterator[str | tuple[str, ...]]:
    """Yield every text of the pages: of templates, of code, and of the names that other packages give to things."""
    from bot.web.words import names

    options = {pattern: dict(values) for pattern, values in _OPTIONS.items()}
    for _, _, text, _, _ in extract_from_dir(_WEB, method_map=_METHODS, options_map=options, keywords=_KEYWORDS):
        yield text
    yield from names()
    yield from error_messages()


def error_messages() -> Iterator[str]:
    """Yield every message of an error that a person can meet; what is filled in is named s1, s2, … in order.

    They are read off the code, because the packages that raise them know nothing of the pages.
    """
    for folder in ("bot", "actions"):
        for path in sorted((_WEB.parent.parent / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and hasattr(errors, _called(node.func)):
                    yield from filter(None, map(_template, node.args[:2]))


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""


def _template(node: ast.expr) -> str:
    """Return a text with its slots named; empty for anything but a text, and for what is not German prose."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) and " " in node.value else ""
    if not isinstance(node, ast.JoinedStr):
        return ""
    parts, count = [], 0
    for value in node.values:
        if isinstance(value, ast.Constant):
            parts.append(str(value.value))
        else:
            count += 1
            parts.append(f"{{s{count}}}")
    text = "".join(parts)
    return text if " " in text else ""


def missing() -> list[str]:
    """Return the texts that have no English translation."""
    known = _english()
    return [str(text) for text in dict.fromkeys(messages()) if text and text not in known]


def update_catalogue() -> int:
    """Write texts that are new into the catalogue and drop those that are gone; return how many want translating."""
    template = Catalog(locale="de")
    for text in dict.fromkeys(messages()):
        template.add(text, flags=["python-format"] if "%(" in str(text) else [])
    old = Catalog(locale="en")
    if _CATALOGUE.exists():
        with _CATALOGUE.open("rb") as file:
            old = read_po(file, locale="en")
    kept = Catalog(locale="en", project="Warteschleife", header_comment="# The pages in English. German is the source language.")
    for message in template:
        if message.id:
            before = old.get(message.id)
            kept.add(message.id, before.string if before else None)
    with _CATALOGUE.open("wb") as file:
        write_po(file, kept, width=0, omit_header=False, no_location=True, sort_output=True, ignore_obsolete=True)
    _english.cache_clear()
    return len(missing())


if __name__ == "__main__":  # pragma: no cover
    print(f"{update_catalogue()} texts want translating in {_CATALOGUE.name}")
