"""Waiting by the clock of the conversation, and a line that swallows words."""

from dataclasses import replace
from random import Random

import pytest

from actions.session import waited_for
from bot.customer import Circumstances
from bot.customer.wording import garbled
from tests.customer.test_customer import Play

REPLY = "Ich habe den Vorgang gefunden und sehe, was am Sonntag passiert ist."


@pytest.fixture
def play(nlp, content, config) -> Play:
    return Play(nlp, content, config)


def waiting(play: Play, seconds: float) -> set[str]:
    play.say(REPLY, Circumstances(waited=seconds, heard=len(play.texts[-1])))
    return play.causes()


def test_half_a_minute_of_typing_costs_nothing(play: Play):
    assert "waited" not in waiting(play, 30)


def test_longer_waiting_costs_more_patience(nlp, content, config):
    short, long = Play(nlp, content, config), Play(nlp, content, config)
    assert "waited" in waiting(short, 150)
    assert "waited" in waiting(long, 300)
    assert long.state.mood.patience < short.state.mood.patience


def test_a_slow_typist_has_time_for_a_long_reply(play: Play):
    long = REPLY * 6
    play.say(long, Circumstances(waited=len(long) / 2, heard=0))
    assert "waited" not in play.causes()


def test_an_interruption_of_half_an_hour_is_nobodys_fault(play: Play):
    assert not {"waited", "hold_forgotten"} & waiting(play, 4000)


@pytest.mark.parametrize(("announced", "seconds", "cause"), [
    ("Zwei Minuten bitte, ich sehe nach.", 110, "hold_kept"),
    ("Zwei Minuten bitte, ich sehe nach.", 400, "hold_forgotten"),
    ("Einen Moment bitte, bleiben Sie dran.", 150, "hold_kept"),
    ("Bleiben Sie fünf Minuten dran bitte.", 290, "hold_kept"),
])  # fmt: skip
def test_a_hold_is_measured_by_what_was_announced(play: Play, announced: str, seconds: float, cause: str):
    play.say(announced)
    assert cause in waiting(play, seconds)


def test_nobody_waits_at_the_end_of_an_email(nlp, content, config):
    play = Play(nlp, content, config, "email-closed-ticket", "renate_hoppe")
    assert "waited" not in waiting(play, 1000)


def test_the_clock_is_read_off_the_events_and_nothing_else():
    events = [
        {"event": "user", "timestamp": 100.0},
        {"event": "bot", "timestamp": 101.0},
        {"event": "slot", "timestamp": 101.5},
        {"event": "user", "timestamp": 191.0},
    ]
    assert waited_for(events) == 90.0


def test_a_bad_line_swallows_words_and_they_are_said_again_on_request(play: Play):
    text = play.say("Wann sind Sie zu Hause, und wie lautet Ihre Kundennummer?", Circumstances(line_bad=True))
    assert "…" in text
    whole = play.state.swallowed
    assert whole
    assert whole != text
    again = play.say("Entschuldigung, die Leitung ist schlecht. Können Sie das bitte wiederholen?")
    assert whole in again
    assert "repeat_self" in play.acts[-1]
    assert "reask" not in play.causes()


def test_asking_for_what_the_line_swallowed_is_no_asking_again(play: Play):
    play.say("Wie lautet bitte Ihre Kundennummer?", Circumstances(line_bad=True))
    play.say("Wie war bitte Ihre Kundennummer?")
    assert "reask" not in play.causes()


def test_at_least_one_word_goes_under_on_a_bad_line():
    assert garbled("Nein.", Random(1), 0.0) == "…"
    assert "…" in garbled("Ich warte seit einer halben Stunde auf Sie.", Random(1), 0.4)


def test_a_state_with_a_bad_line_survives_being_stored(play: Play):
    play.say("Wie lautet bitte Ihre Kundennummer?", Circumstances(line_bad=True))
    state = play.state
    assert type(state).from_dict(state.to_dict()) == state
    assert replace(state, swallowed="") != state
