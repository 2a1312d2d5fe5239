"""Skills: what a conversation shows, how sure one can be of it, what to practise next."""

import time

import pytest

from bot.acts import MEASURES, SKILLS
from bot.learning import Result, due_skills, estimates, expected_success, path_states, recommend

DAY = 86400.0


def shown(skill: str, points: float, difficulty: int = 2, *, day: float = 0, scenario: str = "x", examples: int = 0) -> Result:
    return Result(skill, points, scenario, difficulty, 1_700_000_000 + day * DAY, f"c{day}", examples)


def test_success_raises_what_one_expects_and_failure_lowers_it(config):
    unknown = expected_success(None, 2, config.learning)
    good = estimates([shown("listening", 80, day=i) for i in range(3)], config.learning)["listening"]
    bad = estimates([shown("listening", 30, day=i) for i in range(3)], config.learning)["listening"]
    assert expected_success(bad, 2, config.learning) < unknown < expected_success(good, 2, config.learning)


def test_the_harder_the_scenario_the_less_success_is_expected(config):
    known = estimates([shown("listening", 80)], config.learning)["listening"]
    chances = [expected_success(known, difficulty, config.learning) for difficulty in (1, 2, 3, 4)]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > chances[-1] + 0.2


def test_each_conversation_makes_the_estimate_surer(config):
    sigmas = [estimates([shown("co", 80 if i % 2 else 40, day=i) for i in range(n)], config.learning)["co"].sigma for n in (1, 4, 16)]
    assert sigmas == sorted(sigmas, reverse=True)


def test_a_history_gives_the_same_estimate_in_whatever_order_it_is_read(config):
    history = [shown("listening", 20 + 9 * i, day=i) for i in range(8)]
    assert estimates(history, config.learning) == estimates(history[::-1], config.learning)


def test_a_skill_well_shown_is_due_later_than_one_that_failed(config):
    good = estimates([shown("listening", 95, day=i) for i in range(3)], config.learning)["listening"]
    bad = estimates([shown("listening", 20, day=i) for i in range(3)], config.learning)["listening"]
    assert bad.due < good.due
    known = {"listening": good, "ownership": bad}
    assert due_skills(known, bad.due - 1) == []
    assert due_skills(known, bad.due + 1) == ["ownership"]
    assert due_skills(known, good.due + 1) == ["ownership", "listening"]


def test_a_newcomer_is_recommended_what_will_probably_succeed(config, content):
    found = recommend(content.scenarios.values(), {}, [], time.time(), config.learning)
    assert len(found) == 3
    assert len({r.skill for r in found}) == len({r.scenario for r in found}) == 3
    assert all(abs(r.expected - config.learning.aim) <= config.learning.tolerance for r in found)


def test_who_is_strong_is_recommended_harder_customers(config, content):
    history = [shown(skill, 90, 3, day=i) for i in range(12) for skill in SKILLS]
    strong = estimates(history, config.learning)
    easy = recommend(content.scenarios.values(), {}, [], 0, config.learning)
    hard = recommend(content.scenarios.values(), strong, [], 0, config.learning)
    assert min(content.scenarios[r.scenario].difficulty for r in hard) > max(content.scenarios[r.scenario].difficulty for r in easy)


def test_what_is_due_comes_before_what_is_merely_weak_and_what_was_just_played_waits(config, content):
    history = [shown("listening", 75, 2, day=0), shown("diagnosis", 55, 2, day=0), shown("diagnosis", 65, 2, day=1)]
    known = estimates(history, config.learning)
    now = known["listening"].due + 1
    first = recommend(content.scenarios.values(), {"listening": known["listening"]}, [], now, config.learning)[0]
    assert (first.skill, first.due) == ("listening", True)
    other = recommend(content.scenarios.values(), {"listening": known["listening"]}, [first.scenario], now, config.learning)[0]
    assert other.scenario != first.scenario


def test_every_skill_is_made_of_measures_that_exist(config):
    assert set(config.learning.skills) == set(SKILLS)
    assert {name for weights in config.learning.skills.values() for name in weights} <= set(MEASURES)


# --- the learning path ---------------------------------------------------------------------------------------------------


def test_a_level_opens_when_the_one_before_is_mastered_by_skill_and_questions(config, content):
    first, second = content.levels[:2]
    enough = shown(first.skill, first.pass_points, scenario=first.conversations[0])
    states = path_states(content.levels, [enough], set(), 1)
    assert (states[0].open, states[0].mastered, states[1].open) == (True, False, False)
    states = path_states(content.levels, [enough], {first.id}, 1)
    assert (states[0].mastered, states[1].open, states[1].mastered) == (True, True, False)
    assert second.order == 2


@pytest.mark.parametrize("points", [0, 30, 59])
def test_no_number_of_conversations_opens_a_level_without_the_skill(content, points):
    first = content.levels[0]
    many = [shown(first.skill, points, day=i, scenario=first.conversations[0]) for i in range(50)]
    assert not path_states(content.levels, many, {first.id}, 1)[0].mastered


def test_a_skill_shown_elsewhere_or_with_too_many_examples_does_not_count(content):
    first = content.levels[0]
    elsewhere = shown(first.skill, 100, scenario="phone-landlord-lift")
    prompted = shown(first.skill, 100, scenario=first.conversations[0], examples=2)
    other_skill = shown("ownership", 100, scenario=first.conversations[0])
    assert not path_states(content.levels, [elsewhere, prompted, other_skill], {first.id}, 1)[0].mastered
    assert path_states(content.levels, [shown(first.skill, 100, scenario=first.conversations[0], examples=1)], {first.id}, 1)[0].mastered


def test_the_path_leads_from_a_first_greeting_to_a_hostile_public_complaint(content):
    levels = content.levels
    assert [level.order for level in levels] == list(range(1, len(levels) + 1))
    assert len(levels) >= 8
    assert {level.skill for level in levels} == set(SKILLS)
    assert content.scenarios[levels[0].conversations[0]].difficulty == 1
    last = [content.scenarios[s] for s in levels[-1].conversations]
    assert all(s.channel == "social" for s in last)
    assert max(s.difficulty for s in last) == 4


def test_the_lessons_own_examples_are_rated_as_the_lessons_say(nlp, config, content):
    from bot.evaluation import score_transcript

    for level in content.levels:
        for example in level.examples:
            scores = []
            for reply in (example.bad, example.good):
                turns = [{"role": "customer", "text": example.customer}, {"role": "agent", "text": reply.text}]
                scored = score_transcript(nlp, {"id": level.id, "channel": example.channel, "turns": turns}, config)
                scores.append((scored["empathy"], scored["resolution"]))
            (bad_empathy, bad_resolution), (good_empathy, good_resolution) = scores
            assert good_empathy >= bad_empathy, (level.id, example.customer)
            assert good_empathy + good_resolution >= bad_empathy + bad_resolution + 25, (level.id, example.customer, scores)
