"""Hints on demand: a question, a direction, an example; of this case, and never in an assessment."""

import re

import pytest

from actions.resources import hint_bank
from bot.conversation import HINT_STEPS
from bot.errors import ConflictError
from tests.dialogues import GOOD, SCENARIO, SEED


async def test_a_hint_tells_more_each_time_and_then_no_more(host):
    name, _ = await host.start(SCENARIO, seed=SEED)
    hints = [await host.hint(name) for _ in range(4)]
    assert [hint["step"] for hint in hints] == [*HINT_STEPS, "example"]
    assert hints[3]["text"] == hints[2]["text"]
    assert len({hint["need"] for hint in hints}) == 1


async def test_a_new_turn_begins_with_a_question_again(host):
    name, _ = await host.start(SCENARIO, seed=SEED)
    await host.hint(name)
    await host.hint(name)
    await host.reply(name, GOOD[0])
    assert (await host.hint(name))["step"] == "question"


async def test_first_comes_the_story_and_its_example_names_what_this_customer_told(host, content):
    name, conversation = await host.start(SCENARIO, seed=SEED)
    for _ in HINT_STEPS:
        hint = await host.hint(name)
    told = conversation.slots["customer"]["told"]
    assert hint["need"] == "story"
    assert hint["text"] in content.scenarios[SCENARIO].acknowledge[told[-1]]


async def test_once_the_story_was_taken_up_the_hint_turns_to_what_comes_next(host):
    name, _ = await host.start(SCENARIO, seed=SEED)
    needs = []
    for text in GOOD:
        conversation, _ = await host.reply(name, text)
        if conversation.outcome:
            break
        needs.append((await host.hint(name))["need"])
    assert set(needs) - {"story"}


async def test_in_an_assessment_there_are_no_hints(host):
    name, _ = await host.start(SCENARIO, seed=SEED, mode="assessment")
    with pytest.raises(ConflictError, match="Prüfung"):
        await host.hint(name)


async def test_hints_change_neither_the_customer_nor_the_rating(host):
    plain, _ = await host.start(SCENARIO, seed=SEED)
    hinted, _ = await host.start(SCENARIO, seed=SEED)
    await host.hint(hinted)
    (_, a), (_, b) = await host.reply(plain, GOOD[0]), await host.reply(hinted, GOOD[0])
    assert (a.customer, a.mood, a.rating) == (b.customer, b.mood, b.rating)


async def test_the_example_sent_back_as_it_stands_counts_as_copied(host):
    name, _ = await host.start(SCENARIO, seed=SEED)
    for _ in HINT_STEPS:
        hint = await host.hint(name)
    _, exchange = await host.reply(name, hint["text"])
    assert "copied" in exchange.rating["notes"]


async def test_the_scorecard_says_how_many_examples_were_looked_at(host):
    name, _ = await host.start(SCENARIO, seed=SEED)
    for _ in HINT_STEPS:
        await host.hint(name)
    for text in GOOD[:3]:
        await host.reply(name, text)
    card = (await host.finish(name)).scorecard
    assert (card["hints"], card["examples"]) == (3, 1)
    assert set(card["skills"]) <= {"listening", "ownership", "commitment", "de_escalation"}
    assert (await host.store.header(name)).examples == 1


def test_in_every_hint_the_name_stands_where_its_form_is_right():
    governing = r"\b(?:von|mit|bei|für|an|zu|nach|geht es|um|ohne|gegen|aus|seit|wegen|der|dem|den|des)\s+\{name\}"
    for _, lines in hint_bank():
        for text in (*lines.question, *lines.direction, *lines.example):
            assert not re.search(governing, text), text
