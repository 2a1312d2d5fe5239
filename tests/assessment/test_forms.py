"""Forms: a sum that a reader can recompute, must-dos that nothing makes up for, and cases that were not played."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.assessment import PARTS, Form, FormCase, assess, must_library
from bot.assessment.forms import case_lines, part_values, points_of
from bot.config import data_root, load_config
from bot.content.schema import MUST_SETTINGS
from bot.errors import InvalidInputError, NotFoundError
from tests.assessment.playing import SILVIO, THIRD_CALL, play
from tests.assessment.test_musts import COLD, FINE, GOOD, HEARD, OTHER_WAY, TRAM, TRAM_HEARD

pytestmark = pytest.mark.usefixtures("model")

CALL = {"scenario": THIRD_CALL, "persona": SILVIO, "seed": 1}
MAIL = {"scenario": TRAM, "persona": FINE, "seed": 1}


def a_form(**changes) -> Form:
    return Form.model_validate({"title": "Reklamation", "cases": [CALL, MAIL], "pass_mark": 50} | changes)


async def played(call=GOOD, mail=(TRAM_HEARD, OTHER_WAY)):
    return [await play(list(call), persona=SILVIO), await play(list(mail), TRAM, FINE)]


@pytest.fixture
def judge(content, config):
    return lambda form, conversations: assess(form, conversations, content, must_library(data_root()), config.assessment)


async def test_every_number_of_a_result_can_be_recomputed_from_those_shown(judge):
    result = judge(a_form(musts=["own_name"]), await played())
    for case in result.cases:
        for line in case.lines:
            assert line.points == pytest.approx(line.value * line.weight, abs=0.006)
        assert case.points == pytest.approx(sum(line.points for line in case.lines), abs=0.051)
        assert sum(line.weight for line in case.lines) == pytest.approx(1, abs=0.001)
    assert result.total == pytest.approx(sum(line.points for line in result.lines), abs=0.051)
    assert [line.value for line in result.lines] == [case.points for case in result.cases]
    assert result.to_dict()["total"] == result.total


async def test_a_good_conversation_is_worth_more_than_a_cold_one(judge):
    form = a_form(cases=[CALL])
    good, cold = judge(form, (await played())[:1]), judge(form, [await play(COLD, persona=SILVIO)])
    assert good.total > cold.total + 30
    assert good.passed
    assert not cold.passed


async def test_no_number_of_points_makes_up_for_a_broken_must(judge):
    conversation = await play([step for step in GOOD if step != HEARD], persona=SILVIO)
    without_must = judge(a_form(cases=[CALL], pass_mark=0), [conversation])
    with_must = judge(a_form(cases=[CALL], pass_mark=0, musts=["own_name", "feeling_named"]), [conversation])
    assert without_must.passed
    assert not with_must.passed
    assert with_must.missed == ((0, "feeling_named"),)
    assert with_must.total == without_must.total


async def test_a_must_without_occasion_counts_as_held(judge):
    result = judge(a_form(cases=[CALL], musts=["public", "draft_read"], pass_mark=0), (await played())[:1])
    assert {finding.held for finding in result.cases[0].musts.values()} == {None}
    assert result.passed


async def test_the_pass_mark_itself_is_enough_and_a_little_less_is_not(judge):
    conversations = (await played())[:1]
    total = judge(a_form(cases=[CALL]), conversations).total
    assert judge(a_form(cases=[CALL], pass_mark=total), conversations).passed
    assert not judge(a_form(cases=[CALL], pass_mark=total + 0.1), conversations).passed


async def test_a_case_that_was_not_played_has_no_points_and_is_not_passed(judge):
    call, _ = await played()
    alone, both = judge(a_form(cases=[CALL], pass_mark=0), [call]), judge(a_form(pass_mark=0), [call])
    assert both.total == pytest.approx(alone.total / 2, abs=0.1)
    assert not both.complete
    assert not both.passed
    assert (both.cases[1].played, both.cases[1].lines, both.cases[1].points) == (False, (), 0.0)
    silent = await play([], persona=SILVIO)
    assert not judge(a_form(cases=[CALL], pass_mark=0), [silent]).complete


async def test_the_order_of_the_conversations_does_not_matter(judge):
    conversations = await played()
    assert judge(a_form(), conversations) == judge(a_form(), conversations[::-1])


async def test_a_conversation_of_another_case_or_a_second_one_is_refused(judge):
    call, mail = await played()
    with pytest.raises(InvalidInputError, match="gehört nicht"):
        judge(a_form(cases=[MAIL]), [call, mail])
    with pytest.raises(InvalidInputError, match="zwei Gespräche"):
        judge(a_form(), [call, call])


async def test_the_values_are_those_of_the_scorecard(config):
    call, _ = await played()
    values = part_values(call, config.assessment)
    card = call.scorecard
    assert (values["empathy"], values["resolution"]) == (card["empathy"], card["resolution"])
    parts = {part["what"]: part["value"] for part in card["parts"]}
    assert {name: values[name] for name in parts} == parts
    assert set(values) <= set(PARTS)


async def test_only_what_has_weight_counts_and_only_its_proportion(judge):
    conversations = (await played())[:1]
    once, tenfold = (judge(a_form(cases=[CALL], weights={"ip": w, "co": 2 * w}), conversations) for w in (1, 10))
    assert once == tenfold
    assert [line.what for line in once.cases[0].lines] == ["ip", "co"]
    empathy = judge(a_form(cases=[CALL], weights={"empathy": 3}), conversations)
    assert empathy.total == conversations[0].scorecard["empathy"]


@given(
    st.dictionaries(st.sampled_from(list(PARTS)), st.floats(0, 100), min_size=1),
    st.dictionaries(st.sampled_from(list(PARTS)), st.floats(0, 50), min_size=1),
)
def test_the_points_of_a_case_lie_between_its_worst_and_its_best_part(values, weights):
    lines = case_lines({name: round(value, 1) for name, value in values.items()}, weights)
    if lines:
        found = [line.value for line in lines]
        assert min(found) - 0.3 <= points_of(lines) <= max(found) + 0.3
    else:
        assert points_of(lines) == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weights": {"charm": 1}}, "charm"),
        ({"weights": {"ip": -1}}, "greater than or equal to 0"),
        ({"weights": {"ip": 0, "co": 0}}, "über null"),
        ({"weights": {}}, "at least 1"),
        ({"musts": ["laecheln"]}, "laecheln"),
        ({"musts": ["greeted", "greeted"]}, "zweimal"),
        ({"cases": [CALL, CALL]}, "zweimal"),
        ({"cases": []}, "at least 1"),
        ({"pass_mark": 101}, "less than or equal to 100"),
        ({"attempts": 0}, "greater than or equal to 1"),
        ({"time_limit_minutes": 0}, "greater than or equal to 1"),
        ({"title": "  "}, "leer"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_a_form_that_cannot_work_is_refused(changes, words):
    with pytest.raises(ValidationError, match=words):
        a_form(**changes)


def test_a_case_that_does_not_exist_is_named(judge):
    with pytest.raises(NotFoundError, match="fax-lost"):
        judge(a_form(cases=[{"scenario": "fax-lost", "persona": SILVIO, "seed": 1}]), [])
    with pytest.raises(InvalidInputError, match="spielt in"):
        judge(a_form(cases=[{"scenario": TRAM, "persona": SILVIO, "seed": 1}]), [])


def test_what_a_new_form_starts_with_stands_in_the_config(config):
    form = Form(title="Neu", cases=[FormCase(**CALL)])
    start = load_config().assessment.form
    assert (form.weights, form.pass_mark, form.attempts) == (start.weights, start.pass_mark, start.attempts)
    assert set(config.assessment.form.weights) <= set(PARTS)
    assert form == Form.model_validate(form.model_dump(mode="json"))


async def test_all_musts_together_can_be_put_into_a_form(judge):
    result = judge(a_form(musts=list(MUST_SETTINGS)), await played())
    assert all(list(case.musts) == list(MUST_SETTINGS) for case in result.cases)
