"""The better wording shown after a reply: at least as good by the system's own score, and true in this conversation."""

import random
import re

import pytest
import yaml

from bot.config import data_root
from bot.content import library
from bot.session import Host

LINES = yaml.safe_load((data_root() / "trainees" / "lines.yml").read_text(encoding="utf-8"))["sie"]
POOR = ["sorry_plain", "formula", "look_up", "hold", "vague", "blame", "cold", "warm", "deflect", "own"]
LONG_NUMBER = re.compile(r"\d(?:[ ./-]?\d){3,}")
SCENARIOS = sorted(library(data_root()).scenarios)


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_the_better_wording_is_at_least_as_good_and_invents_no_number(scenario: str, host: Host):
    chance = random.Random(scenario)
    cid, conversation = await host.start(scenario, seed=3)
    texts = [chance.choice(LINES[kind]) for kind in chance.sample(POOR, 4)]
    shown = 0
    for text in texts:
        heard = " ".join(turn.text for turn in conversation.turns)
        before = conversation.turn
        conversation, exchange = await host.reply(cid, text)
        better = exchange.rating["better"]
        if better:
            shown += 1
            branch, _ = await host.branch(cid, before)
            _, tried = await host.reply(branch, better)
            assert tried.rating["empathy"] >= exchange.rating["empathy"]
            assert tried.rating["resolution"] >= exchange.rating["resolution"]
            assert set(LONG_NUMBER.findall(better)) <= set(LONG_NUMBER.findall(heard + text))
        if conversation.outcome:
            break
    assert shown >= conversation.turn - 1
