"""The scorecard of a conversation."""

from dataclasses import replace

import pytest

from bot.evaluation import Case, Rating, scorecard


def a_rating(empathy: int, resolution: int, **components: int) -> Rating:
    full = dict.fromkeys(("er", "ip", "ex", "ow", "ac", "co"), 0) | components
    return Rating(empathy, resolution, full, 0, (), (), (), ())


def test_the_resolution_is_the_weighted_sum_of_its_parts(config):
    case = Case("resolved", [("a", "A", True, "done"), ("b", "B", False, "refused")], [("i", "I", True)], [("booking", True, False)])
    card = scorecard([("x", a_rating(40, 60)), ("y", a_rating(80, 80))], case, config.evaluation.conversation)
    assert card.empathy == 64  # (40 + 1.5 * 80) / 2.5
    assert sum(p.weight for p in card.parts) == pytest.approx(1, abs=0.001)
    assert card.resolution == round(sum(p.value * p.weight for p in card.parts))


def test_parts_that_a_scenario_lacks_give_their_weight_to_the_others(config):
    card = scorecard([("x", a_rating(50, 50))], Case("hung_up"), config.evaluation.conversation)
    assert {p.what for p in card.parts} == {"replies", "outcome"}
    assert sum(p.weight for p in card.parts) == pytest.approx(1, abs=0.001)


def test_what_was_done_counts_more_than_what_was_said(config):
    said = scorecard([("x", a_rating(90, 90))], Case("hung_up", [("a", "A", True, "stated")]), config.evaluation.conversation)
    done = scorecard([("x", a_rating(30, 50))], Case("resolved", [("a", "A", True, "done")]), config.evaluation.conversation)
    assert done.resolution > said.resolution


def test_next_steps_point_at_a_reply(config):
    card = scorecard([("x", a_rating(30, 30)), ("y", a_rating(60, 60, ip=2))], Case("unresolved"), config.evaluation.conversation)
    assert 1 <= len(card.next_steps) <= 3
    assert all(1 <= step["turn"] <= 2 for step in card.next_steps)
    assert card.strengths[0]["turn"] == 2


def test_without_a_reply_there_is_nothing_to_score(config):
    card = scorecard([], Case("abandoned"), config.evaluation.conversation)
    assert (card.empathy, card.resolution, card.replies) == (0, 0, 0)


def test_recovering_is_worth_more_than_falling_off(config):
    rising = [("a", a_rating(20, 20)), ("b", a_rating(40, 20)), ("c", a_rating(80, 60)), ("d", a_rating(90, 80))]
    weights = config.evaluation.conversation
    up, down = scorecard(rising, Case("resolved"), weights), scorecard(rising[::-1], Case("resolved"), weights)
    assert up.empathy > down.empathy + 5
    assert [c["empathy"] for c in up.course] == [20, 40, 80, 90]


def test_needless_questions_and_idle_replies_are_counted(config):
    asked_again = replace(a_rating(50, 10), acts=("ask_identity", "reask"))
    card = scorecard(
        [("a", asked_again), ("b", a_rating(30, 20)), ("c", a_rating(60, 80, ac=2))], Case("resolved"), config.evaluation.conversation
    )
    assert card.efficiency == {"value": 33, "replies": 3, "needless_questions": 1, "idle": 1}
