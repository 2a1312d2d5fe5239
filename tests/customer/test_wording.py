"""The wording as a whole: enough of it, and nothing that breaks when slots are filled."""

import re

import pytest

from bot.acts import CUSTOMER_ACTS
from bot.config import data_root
from bot.content import library
from bot.simulation import TRAINEES, play
from bot.simulation.measures import measures
from bot.simulation.play import cases

OWN_WORDS = frozenset({"greet", "tell", "demand", "answer"})
"""Acts that are said in the scenario's own lines."""
RARE = frozenset({"salutation", "sign_off", "fall_silent"})


def realisations(act: str) -> int:
    content = library(data_root())
    common = len(content.wording.get(act, ()))
    own = sum(len(persona.lines.get(act, ())) for persona in content.personas.values())
    cases_ = sum(len(voice.lines.get(act, ())) for s in content.scenarios.values() for voice in s.voices.values())
    return common + own + cases_


@pytest.mark.parametrize("act", sorted(set(CUSTOMER_ACTS) - OWN_WORDS - RARE))
def test_every_customer_act_can_be_said_in_at_least_sixty_ways(act: str):
    assert realisations(act) >= 60


@pytest.mark.parametrize("act", sorted(RARE))
def test_the_frame_of_a_message_has_variants_too(act: str):
    assert realisations(act) >= 25


def test_there_are_five_thousand_sentences_in_all():
    assert sum(realisations(act) for act in CUSTOMER_ACTS) >= 5000


def test_a_fact_is_only_quoted_never_declined():
    """`{fact}` holds a nominative: it may stand alone or after a colon or comma, not behind a preposition or verb."""
    content = library(data_root())
    lines = [line.text for bank in content.wording.values() for line in bank]
    lines += [line.text for persona in content.personas.values() for bank in persona.lines.values() for line in bank]
    for scenario in content.scenarios.values():
        lines += [line.text for voice in scenario.voices.values() for bank in voice.lines.values() for line in bank]
    wrong = [text for text in lines if re.search(r"(?<![:.,!?])\s\{fact\}", text)]
    assert wrong == []


def test_conversations_of_all_trainees_have_no_slip_and_hardly_a_repetition(model):
    content = library(data_root())
    chosen = sorted(content.scenarios)[::4]
    found = measures(play(cases(content, chosen, list(TRAINEES), 2)))
    assert found.turns > 1000
    assert found.broken == 0
    assert found.repeated < 0.002
    assert found.shared <= 0.30
    assert found.self_bleu < 0.65  # over six cases only; over all of them see docs/customer.md
