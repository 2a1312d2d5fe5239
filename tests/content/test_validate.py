"""What an author is told about a content file."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from bot.config import data_root
from bot.content import rated_replies
from bot.content.duplicates import split_by_author
from bot.content.validate import validate
from bot.errors import NotFoundError


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A small copy of the content that a test may break."""
    for name in ("scenarios/phone-third-call.yml", "personas/silvio_kretzschmar.yml", "personas/mandy_richter.yml", "nlu/questions.yml"):
        target = tmp_path / name
        target.parent.mkdir(exist_ok=True)
        shutil.copy(data_root() / name, target)
    return tmp_path


def edit(path: Path, change) -> None:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def test_the_shipped_content_has_no_problem():
    report = validate(data_root())
    assert report.problems == []
    assert report.counts["scenarios"] >= 6
    assert report.counts["personas"] >= 6


def test_a_wrong_value_is_named_with_file_line_field_value_and_what_is_allowed(data: Path):
    path = data / "scenarios" / "phone-third-call.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("channel: phone", "channel: fax", 1), encoding="utf-8")
    line = next(i for i, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if text.startswith("channel:"))
    problem = validate(data).problems[0]
    assert (problem.file, problem.line, problem.field) == (path, line, "channel")
    assert "fax" in problem.value
    assert "email" in problem.message


def test_an_unknown_key_is_found_where_it_stands(data: Path):
    path = data / "personas" / "mandy_richter.yml"
    path.write_text("colour: green\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    problem = validate(data).problems[0]
    assert problem.line == 1
    assert problem.field == "colour"
    assert "gibt es hier nicht" in problem.message


def test_a_missing_voice_line_is_reported(data: Path):
    path = data / "scenarios" / "phone-third-call.yml"
    edit(path, lambda s: s["voices"]["mandy_richter"]["story"].pop(s["story"][0]["id"]))
    assert any("mandy_richter" in p.message and "fehlt" in p.message for p in validate(path).problems)


def test_an_unknown_persona_is_reported_with_those_that_exist(data: Path):
    (data / "personas" / "mandy_richter.yml").unlink()
    problem = validate(data).problems[0]
    assert "mandy_richter" in str(problem)
    assert "silvio_kretzschmar" in problem.message


def test_a_placeholder_that_does_not_exist_is_reported_at_its_line(data: Path):
    (data / "wording").mkdir()
    path = data / "wording" / "vent.yml"
    path.write_text("act: vent\nlines:\n- Das reicht.\n- Hallo {kunde}, so nicht.\n", encoding="utf-8")
    problem = validate(path).problems[0]
    assert problem.line == 4
    assert "{kunde}" in problem.message
    assert "trainee" in problem.message


def test_a_cause_of_moods_that_does_not_exist_is_reported(data: Path):
    path = data / "personas" / "mandy_richter.yml"
    edit(path, lambda persona: persona["sensitivities"].update(weather=2.0))
    (problem,) = validate(path).problems
    assert (problem.field, problem.value) == ("sensitivities", "weather")
    assert "apology_repeated" in problem.message


def test_broken_yaml_is_one_clear_line_and_no_traceback(data: Path):
    path = data / "personas" / "mandy_richter.yml"
    path.write_text('id: "offen\nname: x\n', encoding="utf-8")
    report = validate(path)
    assert len(report.problems) == 1
    assert "kein gültiges YAML" in str(report.problems[0])


def test_a_rated_reply_that_earns_more_than_its_segments_is_reported(data: Path):
    (data / "ratings").mkdir()
    path = data / "ratings" / "x.jsonl"
    path.write_text(
        '{"id": "x-1", "author": "x", "channel": "chat", "turns": [{"role": "customer", "text": "Hallo"}], "segments": '
        '[{"text": "Tag.", "acts": ["greet"]}], '
        '"empathy": 2, "resolution": 1, "er": 2, "ip": 0, "ex": 0, "ow": 0, "ac": 0, "co": 0, "respect": 0}\n'
        "kein json\n",
        encoding="utf-8",
    )
    first, second = validate(path).problems
    assert (first.line, second.line) == (1, 2)
    assert "er ist 2" in first.message


def test_an_unknown_act_in_the_training_examples_is_reported(data: Path):
    path = data / "nlu" / "questions.yml"
    path.write_text('version: "3.1"\nnlu:\n- intent: greet+hug\n  examples: |\n    - Hallo!\n', encoding="utf-8")
    problem = validate(path).problems[0]
    assert problem.line == 3
    assert problem.value == "hug"


def test_a_path_that_does_not_exist_says_so():
    with pytest.raises(NotFoundError, match="gibt es nicht"):
        validate(Path("nirgendwo"))


def rated(author: str, number: int, customer: str, reply: str) -> str:
    return json.dumps(
        {
            "id": f"{author}-{number:03d}",
            "author": author,
            "channel": "chat",
            "turns": [{"role": "customer", "text": customer}],
            "segments": [{"text": reply, "acts": ["act"], "ac": 2}],
            "empathy": 1, "resolution": 3, "er": 0, "ip": 0, "ex": 0, "ow": 0, "ac": 2, "co": 0, "respect": 0,
        },
        ensure_ascii=False,
    )  # fmt: skip


LIFT = "Der Aufzug steht seit drei Wochen, und ich wohne im fünften Stock."
ROUTER = "Der Router blinkt rot, das Internet ist weg."
REPLY = "Ich habe den Monteur bestellt, er kommt am Dienstag um neun und meldet sich vorher."


def test_two_voices_that_wrote_the_same_are_named_with_both_places(tmp_path: Path):
    (tmp_path / "ratings").mkdir()
    (tmp_path / "ratings" / "anna.jsonl").write_text(rated("anna", 1, LIFT, REPLY) + "\n", encoding="utf-8")
    (tmp_path / "ratings" / "bert.jsonl").write_text(
        rated("bert", 1, ROUTER, REPLY.replace("bestellt", "gleich bestellt")) + "\n", encoding="utf-8"
    )
    problems = [str(problem) for problem in validate(tmp_path).problems]
    assert len(problems) == 1
    assert "bert.jsonl" in problems[0]
    assert "anna-001 in anna.jsonl, Zeile 1" in problems[0]


def test_one_voice_may_set_the_same_reply_into_two_different_cases_but_not_twice_into_one(tmp_path: Path):
    path = tmp_path / "ratings" / "anna.jsonl"
    path.parent.mkdir()
    path.write_text(rated("anna", 1, LIFT, REPLY) + "\n" + rated("anna", 2, ROUTER, REPLY) + "\n", encoding="utf-8")
    assert validate(tmp_path).problems == []
    path.write_text(rated("anna", 1, LIFT, REPLY) + "\n" + rated("anna", 2, LIFT, REPLY) + "\n", encoding="utf-8")
    assert "fast gleich mit anna-001" in str(validate(tmp_path).problems[0])


def test_the_voices_are_split_whole_and_about_evenly():
    replies = list(rated_replies(data_root()))
    parts = split_by_author(replies, 4)
    assert sorted(voice for part in parts for voice in part) == sorted({reply.author for reply in replies})
    sizes = [sum(reply.author in part for reply in replies) for part in parts]
    assert max(sizes) - min(sizes) <= 80
    assert parts == split_by_author(replies, 4)


def test_a_goal_that_the_desk_does_not_have_is_named(tmp_path):
    text = (data_root() / "scenarios" / "phone-no-show.yml").read_text(encoding="utf-8")
    file = tmp_path / "scenarios" / "phone-no-show.yml"
    file.parent.mkdir()
    file.write_text(text.replace("\ngoal:\n", "\ngoal:\n  remedies.moon: true\n"), encoding="utf-8")
    assert any("remedies.moon" in str(problem) for problem in validate(file).problems)


def test_a_stand_in_whose_lines_would_not_be_natural_is_named_with_the_reason(tmp_path):
    text = (data_root() / "scenarios" / "phone-no-show.yml").read_text(encoding="utf-8")
    file = tmp_path / "scenarios" / "phone-no-show.yml"
    file.parent.mkdir()
    file.write_text(text.replace("\nfacts:\n", "\nstand_ins: {leonie_vogt: ursula_thiem}\nfacts:\n", 1), encoding="utf-8")
    said = " ".join(map(str, validate(file).problems))
    assert "sagt du" in said
    assert "nicht natürlich" in said


def test_who_could_stand_in_is_listed(tmp_path):
    report = validate(data_root())
    assert set(report.casts) == {path.stem for path in (data_root() / "scenarios").glob("*.yml")}
