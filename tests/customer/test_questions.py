"""Questions by authors who did not see the examples: the customer must hear which fact is asked for, or that none is.

`questions/*.jsonl` is kept out of the training data. It was looked at while thresholds were chosen.
"""

import json
from collections import Counter
from pathlib import Path

from spacy.language import Language

from bot.content import Library
from bot.customer import make_scene
from bot.understanding import Context, Turn, read

QUESTIONS = [
    json.loads(line)
    for path in sorted((Path(__file__).parent / "questions").glob("*.jsonl"))
    for line in path.read_text(encoding="utf-8").splitlines()
]


def heard(question: dict[str, str], content: Library, nlp: Language) -> set[str]:
    scene = make_scene(content, question["scenario"])
    opening = (Turn("customer", scene.voice.opening[0]),)
    context = Context(opening, scene.channel, scene.scenario.now, scene.topics, scene.surname)
    return {hit.id for hit in read(nlp, question["text"], context).asked}


def test_the_list_is_long_and_covers_every_scenario_it_names_with_facts_that_exist(content: Library):
    assert len(QUESTIONS) >= 150
    assert {q["scenario"] for q in QUESTIONS} == set(content.scenarios)
    for q in QUESTIONS:
        facts = {fact.id for fact in content.scenarios[q["scenario"]].facts} | {"none"}
        assert set(q["fact"].split("|")) <= facts


def test_no_question_of_the_list_is_an_example_of_the_scenario(content: Library):
    for q in QUESTIONS:
        assert q["text"] not in {e for fact in content.scenarios[q["scenario"]].facts for e in fact.asked_as}


def test_nine_of_ten_questions_find_their_fact_and_only_that_or_the_right_refusal(content: Library, nlp: Language):
    right: Counter[bool] = Counter()
    for q in QUESTIONS:
        found, wanted = heard(q, content, nlp), set(q["fact"].split("|"))
        right[not found if wanted == {"none"} else bool(found) and found <= wanted] += 1
    assert right[True] / right.total() >= 0.92
