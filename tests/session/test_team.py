"""The team view's numbers: only what may be seen, each with its count and uncertainty."""

import pytest

from bot.session import Mean, Person, Team
from bot.session.accounts import Accounts
from bot.session.assessments import Assessments
from bot.session.team import mean_of
from bot.web.charts import skills_over_months
from bot.web.team import courses, verdict
from tests.dialogues import GOOD, SCENARIO, SEED


@pytest.fixture
async def person(host, config) -> Person:
    accounts = Accounts(host.store, config.accounts)
    return await accounts.accept(
        await accounts.invite("trainee", "", await accounts.solo()), "Anna", "anna@firma.example", "ein langer Satz"
    )


async def played(host, owner: str, mode: str = "practice") -> str:
    name, _ = await host.start(SCENARIO, seed=SEED, owner=owner, mode=mode)
    for text in GOOD[:3]:
        await host.reply(name, text)
    await host.finish(name)
    return name


async def test_practice_counts_only_once_it_is_shown(host, person):
    team = Team(host.store)
    name = await played(host, person.id)
    assert await team.skills_by_person() == {}
    await host.store.share(name, shared=True)
    found = await team.skills_by_person()
    assert {who for who, _ in found} == {person.id}
    assert all(mean.count == 1 and mean.margin is None for mean in found.values())
    await host.store.share(name, shared=False)
    assert await team.skills_by_person() == {}


async def test_an_assessment_counts_only_once_it_is_released(host, person):
    team, stored = Team(host.store), Assessments(host.store)
    name = await played(host, person.id, "assessment")
    form = await stored.add_form({"title": "x"}, person)
    await stored.assign(form, [person], None, person)
    attempt = await stored.begin((await stored.assignments(account_id=person.id))[0], person, None, 1)
    await stored.add_case(attempt, 0, name)
    await stored.finish(attempt.id, {"total": 1}, person)
    assert await team.scenarios() == {}
    await stored.release(attempt.id, person)
    assert set(await team.scenarios()) == {SCENARIO}
    assert {skill for skill, _ in await team.skills_by_month()} == {"listening", "ownership", "commitment", "de_escalation"}


async def test_what_is_deleted_is_gone_from_the_person_and_stays_in_the_teams_numbers(host, person):
    team = Team(host.store)
    name = await played(host, person.id)
    await host.store.share(name, shared=True)
    before = await team.scenarios(), await team.skills_by_month()
    assert await team.skills_by_person()
    await host.delete(name)
    assert await team.skills_by_person() == {}
    assert (await team.scenarios(), await team.skills_by_month()) == before


def test_a_mean_says_how_sure_it_is():
    assert mean_of(1, 70, 4900).margin is None
    few, many = mean_of(4, 240, 4 * 3700), mean_of(100, 6000, 100 * 3700)
    assert few.value == many.value == 60
    assert few.margin > 3 * many.margin
    assert mean_of(2, 164, 82.5**2 + 81.5**2).margin > 6, "two that happen to be alike are no certainty"


@pytest.mark.parametrize(("value", "count", "what"), [(99, 4, "too_few"), (90, 20, "too_easy"), (30, 20, "too_hard"), (60, 20, "fitting")])
def test_a_case_that_tells_little_is_named(value, count, what, config):
    assert verdict(Mean(value, count, 5.0), config.assessment.team) == what


def test_months_without_a_conversation_stay_empty():
    found = {
        ("listening", "2026-03"): Mean(50, 1, None),
        ("listening", "2026-05"): Mean(70, 1, None),
        ("ownership", "2026-05"): Mean(40, 1, None),
    }
    months, skills = courses(found)
    assert months == ["2026-03", "2026-05"]
    assert skills == {"ownership": [None, 40], "listening": [50, 70]}


def test_a_team_that_has_shown_nothing_yet_has_a_picture_too():
    assert skills_over_months(courses({})).startswith(b"<?xml")
