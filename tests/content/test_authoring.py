"""What an author without Python is given: a scaffold that runs, schemas for the editor, a way to try a file out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.acts import CHANNELS
from bot.config import data_root
from bot.content.authoring import SCHEMAS, scaffold, schema_files
from bot.content.validate import validate
from bot.errors import InvalidInputError


def run(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments], input=typed, capture_output=True, text=True, timeout=300, env=os.environ
    )


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_scaffold_is_valid_as_it_stands(channel: str, tmp_path: Path):
    path = tmp_path / "mein-fall.yml"
    path.write_text(scaffold("mein-fall", channel, "silvio_kretzschmar"), encoding="utf-8")
    assert validate(path).problems == []


def test_an_id_that_cannot_be_one_is_refused():
    with pytest.raises(InvalidInputError, match="kein Kürzel"):
        scaffold("Mein Fall!", "phone", "silvio_kretzschmar")


def test_the_shipped_schemas_are_those_of_the_code():
    shipped = {path.name: path.read_text(encoding="utf-8") for path in (data_root() / "schemas").glob("*.json")}
    assert shipped == dict(schema_files())
    assert len(shipped) == len(SCHEMAS)


def test_a_new_file_is_played_from_where_it_lies_and_leaves_nothing_behind(tmp_path: Path):
    made = run("new", "scenario", "mein-fall", "--folder", str(tmp_path))
    assert made.returncode == 0, made.stderr
    path = tmp_path / "mein-fall.yml"
    before = sorted((data_root() / "scenarios").iterdir())
    played = run("play", str(path), "--seed", "1", typed="Seit Samstag ohne Gerät, das tut mir ehrlich leid. Ihre Kundennummer?\n/ende\n")
    assert played.returncode == 0, played.stderr
    assert "Sieben drei null" in played.stdout
    assert "Auswertung" in played.stdout
    assert sorted((data_root() / "scenarios").iterdir()) == before
    again = run("new", "scenario", "mein-fall", "--folder", str(tmp_path))
    assert again.returncode != 0
    assert "gibt es schon" in " ".join((again.stderr + again.stdout).split())


def test_a_wrong_file_is_not_played_but_explained(tmp_path: Path):
    path = tmp_path / "kaputt.yml"
    path.write_text(scaffold("kaputt", "phone", "silvio_kretzschmar").replace("difficulty: 2", "difficulty: 9"), encoding="utf-8")
    played = run("play", str(path))
    assert played.returncode == 1
    assert "difficulty" in played.stdout
    assert "kaputt.yml:" in played.stdout
