"""Simulated trainees of known quality: the customers must tell them apart."""

from functools import lru_cache

import pytest

from bot.config import data_root
from bot.content import library
from bot.simulation import TRAINEES, Played, play, summary
from bot.simulation.play import GOOD, Case, cases

SCENARIOS = ("phone-no-show", "chat-double-booking", "email-closed-ticket", "phone-landlord-lift", "phone-gym-pause", "chat-number-porting")


@lru_cache(maxsize=1)
def played() -> tuple[Played, ...]:
    return tuple(play(cases(library(data_root()), SCENARIOS, list(TRAINEES), 1)))


def share(trainee: str) -> float:
    found = [p for p in played() if p.case.trainee == trainee]
    return sum(p.outcome in GOOD for p in found) / len(found)


def test_there_are_at_least_ten_kinds_of_trainee():
    assert len(TRAINEES) >= 10


def test_the_exemplary_trainee_solves_nearly_everything(model):
    assert share("exemplary") >= 0.9


@pytest.mark.parametrize("trainee", ["rude", "blamer", "silent", "warm_useless", "promiser", "interrogator", "repeater"])
def test_who_insults_blames_or_only_talks_never_gets_through(trainee: str, model):
    assert share(trainee) == 0


def test_the_order_of_mean_scores_is_the_order_a_coach_would_give(model):
    rows = {row.name: row.empathy + row.resolution for row in summary(played())}
    for better, worse in (("exemplary", "solid"), ("solid", "formulaic"), ("cold_effective", "warm_useless"), ("formulaic", "warm_useless"),
                          ("warm_useless", "blamer"), ("promiser", "rude"), ("slow", "interrogator")):  # fmt: skip
        assert rows[better] > rows[worse], f"{better} {rows[better]:.0f}, {worse} {rows[worse]:.0f}"


def test_the_same_case_gives_the_same_conversation(model):
    case = Case("phone-no-show", "mandy_richter", "solid", 4)
    assert play([case], 1) == play([case], 1)
