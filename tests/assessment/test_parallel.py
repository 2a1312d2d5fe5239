"""Parallel forms: as hard as the given one by simulated trainees, honest about how sure that is, the same every time."""

import json
import re
from random import Random

import pytest

from bot.assessment import Form, load_table, parallel_forms, staleness
from bot.assessment.difficulty import (
    DifficultyTable,
    ScenarioKind,
    SimulatedPerson,
    fingerprint,
    make_table,
    save_table,
    table_path,
    weighted,
)
from bot.config import data_root, load_config
from bot.content.schema import Scenario
from bot.errors import ContentError, InvalidInputError, NotFoundError
from bot.simulation.difficulty import Sitting, sit
from tests.assessment.playing import SILVIO, THIRD_CALL

PEOPLE = [SimulatedPerson(trainee=kind, time=time) for time in (1, 2, 3, 4) for kind in ("exemplary", "solid", "formulaic")]
ABILITY = {"exemplary": 80.0, "solid": 60.0, "formulaic": 40.0}


class Cases:
    """Scenarios as far as the table needs them."""

    def scenario(self, name: str) -> ScenarioKind:
        channel = "chat" if name.startswith("chat") else "phone"
        return ScenarioKind(channel=channel, skills=["listening"], minutes=10)


def a_table(hardness: dict[str, float], noise: float = 2.0) -> DifficultyTable:
    """Return a table in which every case takes so many points from everybody, give or take."""
    chance = Random(1)
    rows = {
        (name, persona, seed): [
            {"ip": min(100.0, max(0.0, ABILITY[p.trainee] - taken + chance.uniform(-noise, noise))), "co": 50.0} for p in PEOPLE
        ]
        for name, taken in hardness.items()
        for persona in ("anna", "bert")
        for seed in (1, 2)
    }
    return make_table(rows, PEOPLE, Cases(), {"ip": 1}, "test")


TABLE = a_table({f"{channel}-{i}": 3.0 * i for channel in ("phone", "chat") for i in range(8)})


def a_form(*names: str, weights=None) -> Form:
    cases = [{"scenario": name, "persona": "anna", "seed": 1} for name in names]
    return Form.model_validate({"title": "Bogen", "cases": cases, "weights": weights or {"ip": 1}, "musts": ["greeted"], "pass_mark": 55})


FORM = a_form("phone-1", "phone-4", "chat-3")


def search(form: Form = FORM, count: int = 2, seed: int = 1, table: DifficultyTable = TABLE):
    return parallel_forms(form, table, count, seed, load_config().assessment.parallel)


def test_the_new_forms_ask_for_the_same_and_differ_only_in_their_cases():
    found = search()
    assert [form.title for form in found.forms] == ["Bogen (B)", "Bogen (C)"]
    for form in found.forms:
        assert form.model_copy(update={"title": FORM.title, "cases": FORM.cases}) == FORM
        assert [case.scenario.split("-")[0] for case in form.cases] == ["phone", "phone", "chat"]


def test_nobody_meets_a_scenario_twice_where_there_are_enough():
    found = search()
    used = [case.scenario for form in (FORM, *found.forms) for case in form.cases]
    assert len(set(used)) == len(used)
    assert found.shared == {}


def test_where_there_are_too_few_scenarios_what_is_shared_is_said_and_no_case_comes_twice():
    found = search(table=a_table({"phone-1": 1, "phone-4": 2, "chat-3": 3, "chat-5": 4}))
    assert set(found.shared) >= {"phone-1", "phone-4"}
    keys = [(c.scenario, c.persona, c.seed) for form in (FORM, *found.forms) for c in form.cases]
    assert len(set(keys)) == len(keys)


def test_the_forms_found_lie_closer_together_than_forms_drawn_at_random():
    found = search(count=3)
    chance = Random(7)
    drawn = []
    for _ in range(200):
        rows = [
            [chance.choice([c for c in TABLE.cases if c.scenario.startswith(kind)]) for kind in ("phone", "phone", "chat")] for _ in "abcd"
        ]
        totals = [sum(case.points for case in row) / 3 for row in rows]
        drawn.append(max(totals) - min(totals))
    assert abs(found.largest.points) < sorted(drawn)[10]


def test_the_same_seed_finds_the_same_forms():
    assert search(seed=5) == search(seed=5)
    assert json.dumps(search(seed=5).to_dict())


def test_the_weights_of_the_form_decide_what_equal_means():
    # With weight on "co" alone every case is as hard as any other.
    found = search(a_form("phone-1", "phone-4", "chat-3", weights={"co": 1}))
    assert found.points == (50.0, 50.0, 50.0)
    assert {d.points for d in found.differences} == {0.0}


def test_the_difference_is_measured_by_people_who_did_not_choose():
    # Those who choose find the odd scenarios a little closer; those who measure find just these much harder.
    table = a_table({f"phone-{i}": 0.0 for i in range(6)}, noise=0)
    cases = []
    for case in table.cases:
        odd = int(case.scenario[-1]) % 2
        taken = [(0 if odd else 1) if p.time % 2 else (10 if odd else 0) for p in PEOPLE]
        taken = [0] * len(PEOPLE) if case.scenario == "phone-0" else taken
        values = [value - less for value, less in zip(case.values["ip"], taken, strict=True)]
        cases.append(case.model_copy(update={"values": {**case.values, "ip": values}}))
    found = search(a_form("phone-0"), count=1, table=table.model_copy(update={"cases": cases}))
    assert found.people == len(PEOPLE) // 2
    assert found.differences[0].points == pytest.approx(10)


def test_another_scenario_is_taken_even_where_the_same_one_would_be_closer():
    found = search(a_form("phone-1"), count=2, table=a_table({"phone-1": 0, "phone-2": 9, "phone-3": 14}))
    assert {form.cases[0].scenario for form in found.forms} == {"phone-2", "phone-3"}


def test_the_interval_holds_the_difference_and_shrinks_with_less_noise():
    rough, smooth = (search(table=a_table({f"{c}-{i}": 3.0 * i for c in ("phone", "chat") for i in range(8)}, noise=n)) for n in (12, 0.5))
    for found in (rough, smooth):
        for d in found.differences:
            assert d.low <= d.points <= d.high
            assert set(d.by_trainee) == set(ABILITY)
    widths = [max(d.high - d.low for d in found.differences) for found in (rough, smooth)]
    assert widths[1] < widths[0]


def test_an_easy_form_is_not_told_to_be_as_hard_as_a_hard_one():
    # All that could stand for the easiest case is much harder: the report has to say so.
    table = a_table({"phone-0": 0, "phone-6": 30, "phone-7": 32})
    found = search(a_form("phone-0"), count=1, table=table)
    if found.forms[0].cases[0].scenario != "phone-0":
        assert found.differences[0].low > 20


@pytest.mark.parametrize("count", [0, 7, -1])
def test_a_number_of_forms_that_is_not_allowed_is_refused(count):
    with pytest.raises(InvalidInputError, match="gehen nicht"):
        search(count=count)


def test_a_case_nobody_simulated_is_named_with_what_is_simulated():
    form = Form.model_validate(FORM.model_dump() | {"cases": [{"scenario": "phone-1", "persona": "anna", "seed": 99}]})
    with pytest.raises(NotFoundError, match=r"niemand simuliert.*1, 2"):
        search(form)


def test_a_case_that_nothing_can_stand_for_is_named():
    with pytest.raises(InvalidInputError, match="phone-1"):
        search(a_form("phone-1", "chat-0"), table=a_table({"chat-0": 1, "chat-1": 2}).model_copy(update={
            "cases": [*a_table({"chat-0": 1, "chat-1": 2}).cases, a_table({"phone-1": 1}).cases[0]],
            "scenarios": {**TABLE.scenarios},
        }))  # fmt: skip


# --- the table -------------------------------------------------------------------------------------------------------


def test_the_mean_and_its_error_are_what_they_say():
    rows = {("a", "p", 1): [{"ip": 60.0}, {"ip": 20.0}], ("b", "p", 1): [{"ip": 80.0}, {"ip": 60.0}]}
    people = [SimulatedPerson(trainee="x", time=1), SimulatedPerson(trainee="y", time=2)]
    table = make_table(rows, people, Cases(), {"ip": 1}, "test")
    assert [case.points for case in table.cases] == [40.0, 70.0]
    # x reaches 70 and y 40 on the whole; beside that the case a gives -10 and -20: sd 7.07, of two people 5.
    assert table.cases[0].error == 5.0


def test_what_gave_no_occasion_weighs_nothing():
    assert weighted({"ip": 60.0, "goal": None}, {"ip": 1, "goal": 5}) == 60.0
    assert weighted({"ip": None}, {"ip": 1}) == 0.0


def test_a_table_is_read_back_as_it_was_written(tmp_path):
    path = save_table(TABLE, tmp_path)
    assert path == table_path(tmp_path)
    assert load_table(tmp_path) == TABLE
    assert len(path.read_text(encoding="utf-8").splitlines()) > len(TABLE.cases)


def test_a_missing_or_broken_table_is_one_clear_message(tmp_path):
    with pytest.raises(ContentError, match="warteschleife difficulty"):
        load_table(tmp_path)
    save_table(TABLE, tmp_path)
    table_path(tmp_path).write_text('{"made_from": 3}', encoding="utf-8")
    with pytest.raises(ContentError, match=r"difficulty\.json"):
        load_table(tmp_path)


def test_a_table_made_from_other_content_is_noticed(tmp_path, config):
    (tmp_path / "scenarios").mkdir()
    path = tmp_path / "scenarios" / "x.yml"
    path.write_text("id: x\n", encoding="utf-8")
    table = TABLE.model_copy(update={"made_from": fingerprint(tmp_path, config)})
    assert staleness(table, tmp_path, config) == ""
    path.write_text("id: y\n", encoding="utf-8")
    assert re.search("anderen Inhalten.*warteschleife difficulty", staleness(table, tmp_path, config))


def test_a_pass_mark_does_not_make_the_table_old_and_a_mood_does(config):
    start = config.assessment.form.model_copy(update={"pass_mark": 1.0})
    other = config.model_copy(update={"assessment": config.assessment.model_copy(update={"form": start})})
    assert fingerprint(data_root(), other) == fingerprint(data_root(), config)
    mood = config.model_copy(update={"mood": config.mood.model_copy(update={"cause_factor": 9.0})})
    assert fingerprint(data_root(), mood) != fingerprint(data_root(), config)


# --- the shipped table -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped() -> DifficultyTable:
    return load_table(data_root())


def test_the_shipped_table_holds_cases_that_exist_and_all_of_them_unless_it_says_it_is_old(shipped, content, config):
    wanted = {(s.id, p, seed) for s in content.scenarios.values() for p in s.personas for seed in config.assessment.difficulty.seeds}
    held = {(case.scenario, case.persona, case.seed) for case in shipped.cases}
    assert held == wanted or (held and staleness(shipped, data_root(), config))
    assert all(len(values) == len(shipped.people) for case in shipped.cases for values in case.values.values())


def test_the_better_simulated_trainee_reaches_more_in_the_shipped_table(shipped, config):
    reached: dict[str, list[float]] = {person.trainee: [] for person in shipped.people}
    for case in shipped.cases:
        for i, person in enumerate(shipped.people):
            values = {name: found[i] for name, found in case.values.items()}
            reached[person.trainee].append(weighted(values, config.assessment.form.weights))
    means = {kind: sum(points) / len(points) for kind, points in reached.items()}
    assert means["exemplary"] > means["solid"] > means["formulaic"]


def test_a_real_form_gets_parallel_ones(shipped, config):
    cases = [{"scenario": name, "persona": persona, "seed": 1} for name, persona in (
        (THIRD_CALL, SILVIO), ("chat-parcel-neighbour", "samira_osman"), ("email-tram-fine", "thomas_wiesner"))]  # fmt: skip
    form = Form.model_validate({"title": "Einstellung", "cases": cases})
    found = parallel_forms(form, shipped, 2, 1, config.assessment.parallel)
    assert len(found.forms) == 2
    assert found.shared == {}
    assert abs(found.largest.points) < 15
    kinds: dict[str, ScenarioKind | Scenario] = dict(shipped.scenarios)
    for one in found.forms:
        assert [kinds[c.scenario].channel for c in one.cases] == ["phone", "chat", "email"]


def test_one_sitting_gives_the_same_values_each_time(model, config):
    sitting = Sitting(THIRD_CALL, SILVIO, 1, SimulatedPerson(trainee="solid", time=1))
    first = sit(sitting)
    assert first == sit(sitting)
    assert first["goal"] > 50
    assert sit(Sitting(THIRD_CALL, SILVIO, 1, SimulatedPerson(trainee="rude", time=1)))["respect"] == 0
