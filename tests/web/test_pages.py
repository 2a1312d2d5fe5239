"""The pages around a conversation, on a real server: start, path, choice, history, progress, comparison, one's own data."""

import html
import json
import re

import httpx
import pytest

from bot.content import Library
from tests.conftest import Server
from tests.dialogues import GOOD, SCENARIO, SEED


@pytest.fixture(scope="module")
def own(tmp_path_factory, config, model):
    """A server of one's own, so that the history is known."""
    running = Server(tmp_path_factory.mktemp("pages"), config.models)
    yield running
    running.stop()


@pytest.fixture
def http(own):
    with httpx.Client(base_url=own.url, timeout=30, trust_env=False, headers={"accept": "text/html"}) as client:
        yield client


def play(http: httpx.Client, scenario: str, texts, seed: int = SEED) -> str:
    name = http.post("/api/v1/conversations", json={"scenario": scenario, "seed": seed}).json()["id"]
    for text in texts:
        if http.post(f"/api/v1/conversations/{name}/replies", json={"text": text}).json().get("ended"):
            break
    http.post(f"/api/v1/conversations/{name}/finish")
    return name


def right_answers(content: Library, level: str) -> dict[str, str]:
    questions = content.level(level).check
    return {f"question-{i}": str([o.right for o in q.options].index(True)) for i, q in enumerate(questions)}


def test_a_newcomer_finds_the_first_level_and_something_that_will_probably_succeed(http, content):
    page = http.get("/").text
    assert content.levels[0].title in page
    assert "Hier anfangen" in page
    assert page.count("Gelingt erwartungsgemäß") == 3


def test_every_lesson_can_be_read_and_names_what_has_to_be_shown(http, content):
    for level in content.levels:
        page = http.get(f"/path/{level.id}").text
        for part in level.lesson:
            assert part.heading in page
        assert f"für eines dieser Gespräche dafür {level.pass_points}" in page or f"dafür {level.pass_points} von 100 Punkten" in page
        assert page.count("<fieldset>") == 3


def test_wrong_answers_are_explained_and_right_ones_pass_the_questions(http, content):
    level = content.levels[3]
    wrong = {name: str((int(value) + 1) % 3) for name, value in right_answers(content, level.id).items()}
    page = http.post(f"/path/{level.id}/check", data=wrong).text
    assert "0 von 3 richtig" in page
    assert level.check[0].options[int(wrong["question-0"])].why in html.unescape(page)
    assert "Schon beantwortet" not in http.get(f"/path/{level.id}").text
    assert "Alle drei richtig" in http.post(f"/path/{level.id}/check", data=right_answers(content, level.id)).text
    assert "Schon beantwortet" in http.get(f"/path/{level.id}").text


@pytest.mark.parametrize("answers", [{}, {"question-0": "99"}, {"question-0": "-1", "question-7": "1"}, {"question-1": "x"}])
def test_answers_that_do_not_exist_are_taken_as_missing(http, content, answers):
    answer = http.post(f"/path/{content.levels[0].id}/check", data=answers)
    assert answer.status_code == 200
    assert "0 von 3 richtig" in answer.text


def test_scenarios_are_filtered_by_skill_channel_difficulty_and_length(http, content):
    def titles(**query):
        return set(re.findall(r'<h2 id="s-([\w-]+)"', http.get("/scenarios", params=query).text))

    everything = set(content.scenarios)
    assert titles() == everything
    assert titles(skill="honest_no") == {s.id for s in content.scenarios.values() if "honest_no" in s.skills}
    assert titles(channel="email") == {s.id for s in content.scenarios.values() if s.channel == "email"}
    assert titles(difficulty="4", channel="social") == {
        s.id for s in content.scenarios.values() if (s.difficulty, s.channel) == (4, "social")
    }
    assert titles(length="short") == {s.id for s in content.scenarios.values() if s.minutes <= 10}
    assert titles(length="short") | titles(length="middle") | titles(length="long") == everything
    assert "kein Szenario" in http.get("/scenarios", params={"skill": "public_channel", "channel": "phone"}).text


def test_what_was_played_shows_in_history_progress_and_recommendation(http):
    assert "sobald Sie das erste geführt haben" in http.get("/history").text
    assert "Nach Ihrem ersten beendeten Gespräch" in http.get("/progress").text
    name = play(http, SCENARIO, GOOD)
    assert f"/practice/{name}/scorecard" in http.get("/history").text
    progress = http.get("/progress").text
    assert re.search(r"\d+ % \(zwischen \d+ und \d+\)", progress)
    assert http.get("/pictures/skills-light.svg").headers["content-type"].startswith("image/svg")
    skill = http.get("/progress/listening").text
    assert f"/practice/{name}/scorecard" in skill
    assert http.get("/pictures/skill-listening-dark.svg").text.startswith("<?xml")
    assert "Ausgewählt nach dem, was Sie gezeigt haben" in http.get("/").text


def test_an_unknown_skill_level_or_page_is_named(http):
    for url, what in (("/progress/fliegen", "fliegen"), ("/path/fliegen", "fliegen"), ("/history?page=0", "page")):
        answer = http.get(url)
        assert answer.status_code in (404, 422)
        assert what in answer.text


def test_two_attempts_stand_side_by_side_with_what_changed(http):
    first = play(http, SCENARIO, (*GOOD[:2], "Beruhigen Sie sich erst mal."))
    second = http.post(f"/api/v1/conversations/{first}/branch", json={"turn": 2}).json()["id"]
    http.post(f"/api/v1/conversations/{second}/replies", json={"text": GOOD[2]})
    http.post(f"/api/v1/conversations/{second}/finish")
    page = http.get("/compare", params={"pick": [second, first]}, follow_redirects=True)
    assert page.status_code == 200
    assert "Die ersten 2 Antworten sind in beiden gleich" in page.text
    assert "Abzweigung ab Antwort 3" in page.text
    assert "Beruhigen Sie sich" in page.text
    assert page.text.index("Beruhigen Sie sich") < page.text.index(GOOD[2][:30])
    assert f"/compare/{first}/{second}" in http.get(f"/practice/{second}/scorecard").text


def test_what_cannot_be_compared_is_said(http):
    one, other = play(http, SCENARIO, GOOD[:3]), play(http, "phone-no-show", GOOD[:3])
    running = http.post("/api/v1/conversations", json={"scenario": SCENARIO}).json()["id"]
    assert "zwei Szenarien" in http.get(f"/compare/{one}/{other}").text
    assert "nur beendete" in http.get(f"/compare/{one}/{running}").text
    assert "Genau zwei" in http.get("/compare", params={"pick": [one]}).text


def test_feedback_after_each_reply_can_be_switched_off_and_on(http):
    name = http.post("/api/v1/conversations", json={"scenario": SCENARIO, "seed": SEED}).json()["id"]
    http.post(f"/api/v1/conversations/{name}/replies", json={"text": GOOD[0]})
    assert "Zu Ihrer Antwort 1" in http.get(f"/practice/{name}").text
    http.post(f"/practice/{name}/feedback", data={})
    off = http.get(f"/practice/{name}").text
    assert "Zu Ihrer Antwort 1" not in off
    assert "<meter" not in off
    http.post(f"/practice/{name}/feedback", data={"on": "1"})
    assert "Zu Ihrer Antwort 1" in http.get(f"/practice/{name}").text


def test_everything_about_oneself_can_be_taken_along_and_deleted(http):
    name = play(http, SCENARIO, GOOD[:3])
    whole = json.loads(http.get("/account/export").text)
    mine = next(c for c in whole["conversations"] if c["id"] == name)
    assert any(event.get("text") == GOOD[0] for event in mine["events"])
    assert "Häkchen" in http.post("/account/delete", data={}).text
    assert http.get(f"/practice/{name}").status_code == 200
    http.post("/account/delete", data={"sure": "1"})
    assert http.get(f"/practice/{name}").status_code == 404
    assert json.loads(http.get("/account/export").text)["conversations"] == []


def test_a_name_can_be_given_and_greets_on_the_start_page(http):
    http.post("/account/name", data={"name": "Jana   Förster"})
    assert "Guten Tag, Jana Förster" in http.get("/").text
    assert "erlaubt sind 1 bis 120" in http.post("/account/name", data={"name": " "}).text
