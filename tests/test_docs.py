"""The documentation says what there is: every command, setting, folder and page, and tables that equal what they repeat.

Each check is a function of the text it reads, so that a test can take something out of the text and see it missed.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import click
import pytest
import yaml
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount
from typer.main import get_command

from bot.acts import MEASURES
from bot.cli import app as command_line
from bot.content import Library
from bot.web import words
from bot.web.app import create_app
from tests.conftest import ROOT

SETTINGS = ("learning", "accounts", "server", "retention")
"""Sections of config.yml of which every key is explained."""

NOT_FOR_PEOPLE = ("/api/", "/webhooks/", "/openapi.json")


def read(*names: str) -> str:
    return "\n".join((ROOT / name).read_text(encoding="utf-8") for name in names)


def all_docs() -> str:
    return read("README.md", *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").glob("*.md"))))


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def application(config, model) -> FastAPI:
    return create_app(config)


# --- what there is ---------------------------------------------------------------------------------------------------


def commands() -> list[str]:
    """Return every command with those above it, e.g. `new scenario`."""

    def below(command: click.Command, name: str) -> Iterator[str]:
        inner = getattr(command, "commands", {})
        if not inner:
            yield name
        for part, one in inner.items():
            yield from below(one, f"{name} {part}".strip())

    return sorted(below(get_command(command_line), ""))


def keys(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return dotted key -> value of the sections that are explained; the skills have a table of their own."""

    def below(value: Any, name: str) -> Iterator[tuple[str, Any]]:
        if isinstance(value, dict) and name != "learning.skills":
            for part, one in value.items():
                yield from below(one, f"{name}.{part}")
        else:
            yield name, value

    return {name: value for section in SETTINGS for name, value in below(settings[section], section)}


def folders() -> list[str]:
    return sorted(path.name for path in (ROOT / "data").iterdir() if path.is_dir() and any(path.iterdir()))


def pages(application: FastAPI) -> list[str]:
    """Return the places that people go to with a browser; pictures are parts of pages."""
    found = [c for c in iter_route_contexts(application.routes) if not isinstance(c.route, Mount) and "GET" in (c.methods or ())]
    paths = {c.path for c in found}
    return sorted(path for path in paths if not path.startswith(NOT_FOR_PEOPLE) and not path.endswith(".svg"))


def written(value: Any) -> str:
    """Return a value of config.yml as the tables write it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value) if value != "" else "empty"


# --- what the docs lack ----------------------------------------------------------------------------------------------


def missing_commands(text: str) -> list[str]:
    return [command for command in commands() if not re.search(rf"warteschleife {command}(?![\w-])", text)]


def missing_settings(text: str, settings: Mapping[str, Any]) -> list[str]:
    """Return the keys without a line `| key | value | what it means |`, and those whose value is another one."""
    rows = [f"| `{key}` | {written(value)} |" for key, value in keys(settings).items() if key != "learning.skills"]
    return [row for row in rows if not re.search(rf"^{re.escape(row)} \S", text, re.MULTILINE)] + (
        [] if "`learning.skills`" in text else ["learning.skills"]
    )


def missing_folders(text: str) -> list[str]:
    return [name for name in folders() if f"`data/{name}/" not in text]


def missing_pages(text: str, application: FastAPI) -> list[str]:
    return [path for path in pages(application) if f"`{path}`" not in text]


# --- tables that repeat something ------------------------------------------------------------------------------------


def skills_table(settings: Mapping[str, Any]) -> list[str]:
    rows = ["| skill | on the pages | measures and weights |", "|---|---|---|"]
    for skill, weights in settings["learning"]["skills"].items():
        measures = ", ".join(f"`{name}` {weight:g}" for name, weight in weights.items())
        rows.append(f"| `{skill}` | {words.SKILLS[skill]} | {measures} |")
    return rows


def path_table(content: Library) -> list[str]:
    rows = ["| level | stage | title | skill |", "|---|---|---|---|"]
    return rows + [f"| {v.order} | {words.STAGES[v.stage]} | {v.title} | {words.SKILLS[v.skill]} |" for v in content.levels]


def table(text: str, head: str) -> list[str]:
    """Return the lines of the table with this first line; empty when there is none."""
    lines = text.splitlines()
    if head not in lines:
        return []
    found = []
    for line in lines[lines.index(head) :]:
        if not line.startswith("|"):
            break
        found.append(line)
    return found


# --- the tests -------------------------------------------------------------------------------------------------------


def test_every_command_is_in_the_docs():
    assert len(commands()) > 10
    assert missing_commands(all_docs()) == []


def test_every_setting_of_learning_accounts_server_and_retention_is_in_the_docs_with_its_value(settings):
    assert len(keys(settings)) > 30
    assert missing_settings(read("docs/operating.md", "docs/practising.md"), settings) == []


def test_no_setting_is_explained_that_is_gone(settings):
    text = read("docs/operating.md", "docs/practising.md", "docs/accounts.md")
    named = set(re.findall(rf"`((?:{'|'.join(SETTINGS)})\.[\w.]+)`", text))
    known = {".".join(key.split(".")[: n + 1]) for key in keys(settings) for n in range(key.count(".") + 1)}
    known |= {f"learning.skills.{skill}" for skill in settings["learning"]["skills"]}
    assert named - known == set()


def test_every_folder_of_content_is_in_the_docs():
    assert {"levels", "scenarios"} <= set(folders())
    assert missing_folders(read("docs/authoring.md", "docs/data.md")) == []


def test_every_page_is_in_the_docs(application):
    assert {"/", "/path/{level}", "/people", "/sso/callback"} <= set(pages(application))
    assert missing_pages(all_docs(), application) == []


def test_no_page_is_in_the_docs_that_is_gone(application):
    known = {c.path for c in iter_route_contexts(application.routes) if not isinstance(c.route, Mount)}
    named = set()
    for name in ("practising", "accounts"):
        named |= set(re.findall(r"^\|[^|]*`(/[^`]*)`[^|]*\|", read(f"docs/{name}.md"), re.MULTILINE))
    assert len(named) > 15
    assert named - known == set()


def test_the_table_of_skills_equals_the_settings(settings):
    expected = skills_table(settings)
    assert table(read("docs/practising.md"), expected[0]) == expected


def test_the_table_of_levels_equals_the_learning_path(content):
    expected = path_table(content)
    assert table(read("docs/practising.md"), expected[0]) == expected


def test_every_measure_is_explained_under_the_name_that_the_pages_give_it():
    rows = table(read("docs/practising.md"), "| measure | on the pages | what it is |")
    found = [(row.split("|")[1].strip(" `"), row.split("|")[2].strip()) for row in rows[2:]]
    assert found == [(name, words.MEASURES[name]) for name in MEASURES]


def _without(text: str, piece: str) -> str:
    assert piece in text, piece
    return text.replace(piece, "")


@pytest.mark.parametrize("check", ["commands", "settings", "values", "folders", "pages", "skills", "levels"])
def test_each_check_notices_what_is_taken_out(check, settings, application, content):
    docs, settings_text, practising = all_docs(), read("docs/operating.md", "docs/practising.md"), read("docs/practising.md")
    if check == "commands":
        for command in commands():
            assert command in missing_commands(re.sub(rf"warteschleife {command}(?![\w-])", "", docs))
    elif check == "settings":
        for key in keys(settings):
            assert missing_settings(_without(settings_text, f"`{key}`"), settings)
    elif check == "values":
        other = settings | {"learning": settings["learning"] | {"aim": 0.71}}
        assert missing_settings(settings_text, other) == ["| `learning.aim` | 0.71 |"]
    elif check == "folders":
        content_text = read("docs/authoring.md", "docs/data.md")
        for name in folders():
            assert missing_folders(_without(content_text, f"`data/{name}/")) == [name]
    elif check == "pages":
        for path in pages(application):
            assert path in missing_pages(_without(docs, f"`{path}`"), application)
    elif check == "skills":
        rows = skills_table(settings)
        for row in rows:
            assert table(_without(practising, row + "\n"), rows[0]) != rows
        heavier = {**settings["learning"]["skills"], "listening": {"ip": 3}}
        changed = settings | {"learning": settings["learning"] | {"skills": heavier}}
        assert table(practising, rows[0]) != skills_table(changed)
    else:
        rows = path_table(content)
        for row in rows:
            assert table(_without(practising, row + "\n"), rows[0]) != rows
