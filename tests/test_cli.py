"""The command line as a user meets it: real processes, real files."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.dialogues import GOOD, SCENARIO, SEED


def run(*arguments: str, feed: str = "", **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments], cwd=ROOT, input=feed, capture_output=True, text=True, timeout=180,
        env={**os.environ, **environment}, check=False,
    )  # fmt: skip


def test_help_names_every_command():
    said = run("--help").stdout
    for command in ("practise", "serve", "score", "train", "validate", "agreement"):
        assert command in said


def test_validate_passes_on_the_shipped_content_and_fails_with_a_line_on_a_broken_file(tmp_path: Path):
    assert run("validate").returncode == 0
    broken = tmp_path / "personas" / "x.yml"
    broken.parent.mkdir()
    broken.write_text("id: x\nage: alt\n", encoding="utf-8")
    result = run("validate", str(broken))
    assert result.returncode == 1
    assert re.search(r"x\.yml:2: age: muss eine ganze Zahl sein", result.stdout)


def test_score_writes_one_line_for_each_line_and_fails_at_the_end_for_a_bad_one(tmp_path: Path, model):
    good = {
        "id": "gut",
        "channel": "phone",
        "turns": [{"role": "customer", "text": "35 Minuten!"}, {"role": "agent", "text": "Das tut mir leid."}],
    }
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(json.dumps(good) + "\nkaputt\n" + json.dumps({**good, "id": "zwei"}) + "\n", encoding="utf-8")
    result = run("score", str(source), "-o", str(out))
    assert result.returncode == 1
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [line["id"] for line in lines] == ["gut", None, "zwei"]
    assert "error" in lines[1]
    source.write_text(json.dumps(good) + "\n", encoding="utf-8")
    assert run("score", str(source), "-o", str(out)).returncode == 0


def test_a_whole_conversation_in_the_terminal(tmp_path: Path, config, model):
    (tmp_path / "models").symlink_to(config.models)
    feed = "\n".join([GOOD[0], "/notes dritter Anruf", "/hilfe", *GOOD[1:], "/ende", ""])
    result = run("practise", "--scenario", SCENARIO, "--seed", str(SEED), feed=feed, WARTESCHLEIFE_STORAGE__FOLDER=str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert "Silvio Kretzschmar:" in result.stdout
    assert "Auswertung" in result.stdout
    assert "resolved" in result.stdout


def test_a_conversation_left_in_the_terminal_goes_on_later(tmp_path: Path, config, model):
    (tmp_path / "models").symlink_to(config.models)
    first = run("practise", "--scenario", SCENARIO, "--seed", str(SEED), feed=GOOD[0] + "\n", WARTESCHLEIFE_STORAGE__FOLDER=str(tmp_path))
    name = re.search(r"--resume\s+(\S+)", first.stdout)
    assert name
    second = run("practise", "--resume", name[1], feed="/ende\n", WARTESCHLEIFE_STORAGE__FOLDER=str(tmp_path))
    assert "Fünfunddreißig Minuten in der Schleife" in " ".join(second.stdout.split())
    assert "abandoned" in second.stdout


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (("practise", "--scenario", "gibt-es-nicht"), {}, ("gibt-es-nicht", SCENARIO)),
        (("score", "nirgendwo.jsonl"), {}, ("nirgendwo.jsonl", "Pfad")),
        (("validate", "nirgendwo"), {}, ("nirgendwo", "gibt es nicht")),
        (("serve", "--host", "0.0.0.0"), {}, ("0.0.0.0", "127.0.0.1")),
        (("validate",), {"WARTESCHLEIFE_SERVER__PORT": "viele"}, ("server.port", "ganze Zahl")),
        (("validate",), {"WARTESCHLEIFE_CONFIG": "/gibt/es/nicht.yml"}, ("/gibt/es/nicht.yml", "WARTESCHLEIFE_CONFIG")),
        (("train",), {"WARTESCHLEIFE_STORAGE__FOLDER": "/proc/nichts"}, ("/proc/nichts", "Schreibrechte")),
    ],
)  # fmt: skip
def test_a_mistake_is_one_clear_message_with_the_remedy_and_never_a_traceback(arguments, environment, words, model):
    result = run(*arguments, **environment)
    assert result.returncode == 1
    said = " ".join((result.stderr + result.stdout).split())
    assert "Traceback" not in said
    for word in words:
        assert word in said


def test_a_port_in_use_is_named_with_the_remedy():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("serve", "--port", str(port))
    assert result.returncode == 1
    assert str(port) in result.stderr
    assert "--port" in result.stderr


def test_a_broken_content_file_stops_the_start_with_its_line(tmp_path: Path):
    shutil.copytree(ROOT / "data" / "personas", tmp_path / "data" / "personas")
    shutil.copytree(ROOT / "data" / "scenarios", tmp_path / "data" / "scenarios")
    shutil.copy(ROOT / "config.yml", tmp_path / "config.yml")
    path = tmp_path / "data" / "personas" / "mandy_richter.yml"
    path.write_text("id: [offen\n", encoding="utf-8")
    result = run("practise", WARTESCHLEIFE_HOME=str(tmp_path), WARTESCHLEIFE_STORAGE__FOLDER=str(tmp_path))
    assert result.returncode == 1
    assert "mandy_richter.yml" in "".join(result.stderr.split())
    assert "Traceback" not in result.stderr
