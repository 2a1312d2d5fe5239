"""What the customer remembers and notices: promises, contradictions, holds, names, phrases, deeds."""

import pytest

from bot.customer import Circumstances
from tests.customer.test_customer import Play
from tests.dialogues import GOOD

SEEDS = range(6)


@pytest.fixture
def play(nlp, content, config) -> Play:
    return Play(nlp, content, config)


@pytest.fixture
def plays(nlp, content, config) -> list[Play]:
    """The same case under several seeds: what is said differs, what is noticed must not."""
    return [Play(nlp, content, config, seed=seed) for seed in SEEDS]


def test_a_promise_is_quoted_back_with_its_time(plays: list[Play]):
    said = [play.say("Ich buche Ihnen den Techniker für morgen zwischen 14 und 16 Uhr.") for play in plays]
    assert sum("14 und 16 Uhr" in text for text in said) >= 2


def test_a_contradiction_is_noticed_with_the_earlier_time(plays: list[Play]):
    quoted = 0
    for play in plays:
        play.say("Ich rufe Sie heute um 15 Uhr an.")
        text = play.say("Ich rufe Sie heute um 18 Uhr an.")
        assert "contradiction" in play.causes()
        assert "notice_contradiction" in play.acts[-1]
        quoted += "15 Uhr" in text
    assert quoted >= 2


def test_a_moment_that_leads_nowhere_is_resented(plays: list[Play]):
    for play in plays:
        play.say("Einen Moment bitte, bleiben Sie dran.")
        before = play.state.mood.patience
        play.say("Einen kleinen Moment noch bitte.")
        assert "hold_forgotten" in play.causes()
        assert "notice_waiting" in play.acts[-1] or "demand_supervisor" in play.acts[-1]
        assert play.state.mood.patience < before


def test_a_moment_that_was_kept_costs_nothing_more(play: Play):
    play.say("Einen Moment bitte, ich sehe nach.")
    play.say("So, ich habe den Vorgang gefunden: Das Ticket wurde mit dem alten Vertrag geschlossen.")
    assert "hold_kept" in play.causes()
    assert "hold_forgotten" not in play.causes()


def test_being_asked_again_is_noticed(plays: list[Play]):
    for play in plays:
        play.say("Wie ist bitte Ihre Kundennummer?")
        play.say("Nennen Sie mir bitte Ihre Kundennummer?")
        assert "reask" in play.causes()


def test_being_handed_on_is_noticed(plays: list[Play]):
    for play in plays:
        play.say("Ich verbinde Sie weiter an die Technik.")
        assert "transfer" in play.causes()
        assert {"notice_transfer", "notice_deflect", "notice_hold"} & set(play.acts[-1])


def test_a_phrase_said_before_is_recognised(plays: list[Play]):
    phrase = "Wir nehmen Ihr Anliegen sehr ernst und arbeiten mit Hochdruck an einer Lösung für Sie."
    for play in plays:
        play.say(phrase)
        play.say(phrase)
        assert "repeated_phrase" in play.causes()
        assert "notice_repeat" in play.acts[-1]


def test_a_wrong_name_is_corrected(plays: list[Play]):
    corrected = 0
    for play in plays:
        text = play.say("Guten Tag, Frau Schneider, ich schaue mir das jetzt an.")
        assert "wrong_name" in play.causes()
        corrected += "Kretzschmar" in text or "Schneider" in text
    assert corrected >= 1


def test_an_aber_that_takes_it_back_is_heard(plays: list[Play]):
    for play in plays:
        play.say("Das tut mir leid, aber da hätten Sie früher anrufen müssen.")
        assert {"aber", "blame"} & play.causes()
        assert {"notice_aber", "notice_blame"} & set(play.acts[-1])


def test_thanks_come_for_something_that_was_really_done(nlp, content, config):
    with_deed, without = Play(nlp, content, config), Play(nlp, content, config)
    done = frozenset(d.id for d in with_deed.scene.scenario.demands if d.desk)
    for text in GOOD:
        for play, around in ((with_deed, Circumstances(done=done, desk_used=True)), (without, Circumstances())):
            if not play.state.outcome:
                play.say(text, around)
    assert "thank" in with_deed.acts[-1]
    assert without.state.outcome == "resolved"
    assert "thank" not in without.acts[-1]


def test_what_is_said_to_be_done_and_is_not_there_is_noticed_and_looked_for_again(nlp, content, config):
    """Over all visible demands of all cases: a done deed that is only said is missed, and seen once it is really done."""
    missed = seen = 0
    for name in sorted(content.scenarios):
        demand = next((d for d in content.scenario(name).demands if d.visible), None)
        if demand is None:
            continue
        for step in demand.met_as:
            play = Play(nlp, content, config, name, content.scenario(name).personas[0])
            play.say(step, Circumstances(desk_used=True))
            if "seen_not_done" not in play.causes():
                continue  # this wording promises, and does not say that it is done
            missed += 1
            assert "notice_not_done" in play.acts[-1] or "demand_supervisor" in play.acts[-1]
            assert not {"accept", "take_note", "agree"} & set(play.acts[-1])
            play.say("Jetzt ist es wirklich eingetragen.", Circumstances(desk_used=True, done=frozenset({demand.id})))
            seen += "seen_done" in play.causes()
            break
    assert missed >= 10
    assert seen == missed


def test_a_draft_with_a_false_fact_is_not_let_pass(play: Play):
    play.say("Ich sehe, dass unser Techniker am Montag bei Ihnen war und niemanden angetroffen hat.", Circumstances(wrong_draft=True))
    assert "wrong_draft" in play.causes()
