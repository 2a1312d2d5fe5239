"""docs/assessment.md says what there is: its tables equal the must-dos, the parts of a form and the settings."""

import re

from bot.acts import CHANNELS
from bot.assessment import PARTS, must_library
from bot.config import data_root
from tests.conftest import ROOT


def text() -> str:
    return (ROOT / "docs" / "assessment.md").read_text(encoding="utf-8")


def table(head: str) -> list[list[str]]:
    """Return the cells of the rows of a table."""
    lines = text().splitlines()
    found = []
    for line in lines[lines.index(head) + 2 :]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return found


def test_the_table_of_must_dos_is_that_of_the_file():
    rows = table("| id | on the pages | what is looked for, and where it cannot be seen |")
    assert rows == [[f"`{must.id}`", must.name, must.explanation] for must in must_library(data_root()).musts]


def test_the_table_of_parts_has_every_part_with_its_name_and_weight(config):
    rows = table("| part | on the pages | value 0..100 | weight of a new form |")
    weights = config.assessment.form.weights
    assert [(row[0], row[1], row[3]) for row in rows] == [(f"`{p}`", name, f"{weights.get(p, 0):g}") for p, name in PARTS.items()]


def test_the_numbers_in_the_text_are_those_of_the_settings(config):
    settings = config.assessment
    assert f"better {settings.better_half:.0%}".replace("%", " %") in text()
    assert "seeds " + " and ".join(map(str, settings.difficulty.seeds)) in text()
    kinds, times = len(settings.difficulty.trainees), settings.difficulty.times
    assert (kinds, times) == (4, 4)
    assert "four kinds" in text()
    assert "each four times" in text()
    assert f"the {['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'][kinds * times // 2]} measuring trainees" in text()
    assert f"{settings.parallel.confidence:.0%}".replace("%", " %") in text()


def test_the_scenarios_on_social_media_are_counted_rightly(content):
    assert "social" in CHANNELS
    count = sum(s.channel == "social" for s in content.scenarios.values())
    assert re.search(rf"\({['no', 'one', 'two', 'three', 'four', 'five', 'six'][count]} scenarios are on social media\)", text())
