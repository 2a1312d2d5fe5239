"""What the company does not grant: a promise of it is held against the trainee, an honest no is not."""

import pytest

from bot.config import data_root
from bot.content import library
from bot.session import Host

NEVER = [(s.id, d) for s in library(data_root()).scenarios.values() for d in s.demands if not d.granted]


def test_there_are_cases_that_train_the_honest_no():
    assert len(NEVER) >= 6


@pytest.mark.parametrize(("scenario", "demand"), NEVER, ids=[f"{s}-{d.id}" for s, d in NEVER])
async def test_promising_what_is_never_granted_is_seen_and_meets_nothing(scenario: str, demand, host: Host):
    cid, _ = await host.start(scenario, seed=5)
    conversation, exchange = await host.reply(cid, demand.met_as[0])
    assert conversation.slots["customer"]["demands"][demand.id] not in {"promised", "done"}
    if exchange.rating["acts"] and {"commit", "act", "offer"} & set(exchange.rating["acts"]) and not exchange.rating["respect"]:
        assert "beyond" in exchange.rating["notes"] or exchange.rating["resolution"] <= 50


@pytest.mark.parametrize(("scenario", "demand"), NEVER, ids=[f"{s}-{d.id}" for s, d in NEVER])
async def test_an_honest_no_hardly_angers(scenario: str, demand, host: Host):
    cid, opening = await host.start(scenario, seed=5)
    _, exchange = await host.reply(cid, demand.step[0])
    assert exchange.mood["anger"] <= opening.exchanges[0].mood["anger"] + 0.15


async def test_most_forbidden_promises_are_recognised_as_such(host: Host):
    seen = 0
    for scenario, demand in NEVER:
        cid, _ = await host.start(scenario, seed=5)
        _, exchange = await host.reply(cid, demand.met_as[0])
        seen += "beyond" in exchange.rating["notes"]
    assert seen >= 0.6 * len(NEVER)


async def test_a_lesser_step_is_taken_grudgingly(host: Host):
    scenario = library(data_root()).scenarios["phone-gym-pause"]
    cid, _ = await host.start(scenario.id, seed=5)
    states = set()
    for demand in scenario.demands:
        for text in demand.grudging_as[:2]:
            conversation, _ = await host.reply(cid, text)
            states |= {conversation.slots["customer"]["demands"][demand.id]}
            if conversation.outcome:
                break
    assert "conceded" in states
