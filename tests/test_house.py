"""The house rules that hold for the whole project."""

import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT


def test_who_may_import_whom():
    result = subprocess.run([str(Path(sys.executable).parent / "lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_the_lock_pins_names_and_versions_and_holds_no_address():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = [line for line in lock.splitlines() if line and not line.startswith("#")]
    assert len(pins) > 40
    assert all(re.fullmatch(r"[a-z0-9._-]+(\[[a-z,]+\])?==[^\s/]+( ;.*)?", pin, re.IGNORECASE) for pin in pins)
    assert "://" not in lock


def test_every_key_of_the_config_has_a_place_in_the_docs():
    docs = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    sections = re.findall(r"^(\w+):", (ROOT / "config.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert sections
    assert [name for name in sections if f"`{name}`" not in docs] == []


def test_every_link_in_the_docs_leads_somewhere():
    for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!http)([^)#]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_no_real_address_hides_in_the_code():
    for path in (ROOT / "bot").rglob("*.py"):
        assert "https://" not in Path(path).read_text(encoding="utf-8"), path
