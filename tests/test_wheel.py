"""The wheel brings everything: code, content, settings, pages."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, cwd=folder)
    (wheel,) = folder.glob("warteschleife-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(unpacked: Path, folder: Path, code: str) -> subprocess.CompletedProcess:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("WARTESCHLEIFE_")}
    environment |= {"PYTHONPATH": str(unpacked), "XDG_DATA_HOME": str(folder)}
    # The checkout is installed for development in this environment; the wheel's copy must come first and be enough.
    return subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_content_and_settings_travel_in_the_wheel(unpacked: Path, tmp_path: Path):
    result = run(unpacked, tmp_path, "import sys; sys.argv = ['warteschleife', 'validate']; from bot.cli import main; main()")
    assert "Alles in Ordnung" in result.stdout, result.stderr


def test_an_installed_copy_keeps_its_state_in_the_users_folder(unpacked: Path, tmp_path: Path):
    result = run(unpacked, tmp_path, "from bot.config import load_config; import bot; print(load_config().state); print(bot.__file__)")
    state, source = result.stdout.split()
    assert state == str(tmp_path / "warteschleife")
    assert source.startswith(str(unpacked))


def test_pages_scripts_and_migrations_travel_too(unpacked: Path):
    for name in (
        "bot/web/templates/practice.html",
        "bot/web/templates/report.typ",
        "bot/web/static/practice.js",
        "bot/session/migrations/env.py",
    ):
        assert (unpacked / name).is_file(), name
