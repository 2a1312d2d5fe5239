"""The same content in another guise is worth the same: counterfactual pairs over 240 replies.

`fairness/replies.jsonl` holds replies that are not in the training data; the other files hold variants written by hand,
sentence by sentence: in the grammar of a learner of German, and with du for Sie. Typos, umlauts and names are changed here.
"""

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from statistics import mean

import pytest
from spacy.language import Language

from bot.config import Config
from bot.content.schema import RatedReply
from bot.evaluation.agreement import rate_in_context
from bot.understanding import Context, Turn
from bot.understanding.training_data import context_of

FOLDER = Path(__file__).parent / "fairness"
MEAN, WORST, WITHIN = 3.0, 12.0, 0.9
"""Largest mean difference in points of 100, and the share of single ones that must stay within WORST. The exceptions sit
where a slight is just seen or just not seen; docs/evaluation.md says how many they are."""

Change = Callable[[str], str]


@pytest.fixture(scope="module")
def replies() -> list[RatedReply]:
    lines = FOLDER.joinpath("replies.jsonl").read_text(encoding="utf-8").splitlines()
    return [RatedReply(**json.loads(line)) for line in lines]


def written(name: str) -> dict[str, str]:
    lines = FOLDER.joinpath(name).read_text(encoding="utf-8").splitlines()
    return {row["id"]: row["variant"] for row in map(json.loads, lines)}


def with_typos(text: str) -> str:
    """Swap or drop a letter inside about every tenth longer word."""
    chance = random.Random(text)

    def spoil(match: re.Match[str]) -> str:
        word = match.group()
        if chance.random() > 0.1:
            return word
        i = chance.randrange(1, len(word) - 2)
        return word[:i] + word[i + 1] + word[i] + word[i + 2 :] if chance.random() < 0.5 else word[:i] + word[i + 1 :]

    return re.sub(r"[^\W\d_]{5,}", spoil, text)


def without_umlauts(text: str) -> str:
    for letter, plain in zip("äöüÄÖÜß", ("ae", "oe", "ue", "Ae", "Oe", "Ue", "ss"), strict=True):
        text = text.replace(letter, plain)
    return text


ADDRESSED = re.compile(r"\b(Frau|Herrn?) ((?:Dr\. |Prof\. )?)[A-ZÄÖÜ][a-zäöüß]+(?:-[A-ZÄÖÜ][a-zäöüß]+)?")


def differences(pairs: list[tuple[RatedReply, Context, str]], nlp: Language, config: Config, score: str) -> list[tuple[float, str]]:
    """Return (variant minus original, id) of every pair."""
    found = []
    for reply, context, variant in pairs:
        before = getattr(rate_in_context(reply.text, context_of(reply), nlp, config), score)
        after = getattr(rate_in_context(variant, context, nlp, config), score)
        found.append((after - before, reply.id))
    return found


def check(pairs: list[tuple[RatedReply, Context, str]], nlp: Language, config: Config) -> None:
    for score in ("empathy", "resolution"):
        found = differences(pairs, nlp, config, score)
        assert abs(mean(d for d, _ in found)) <= MEAN, f"{score}: mean {mean(d for d, _ in found):+.1f}"
        far = sorted(((abs(d), name) for d, name in found if abs(d) > WORST), reverse=True)
        assert len(far) <= round((1 - WITHIN) * len(found), 6), f"{score}: {far}"


def same_context(replies: list[RatedReply], change: Change) -> list[tuple[RatedReply, Context, str]]:
    return [(reply, context_of(reply), change(reply.text)) for reply in replies]


@pytest.mark.parametrize("change", [with_typos, without_umlauts])
def test_spelling_costs_nothing(change: Change, replies: list[RatedReply], nlp: Language, config: Config):
    check(same_context(replies, change), nlp, config)


@pytest.mark.parametrize("name", ["second_language.jsonl", "address.jsonl"])
def test_a_learners_grammar_and_du_for_sie_cost_nothing(name: str, replies: list[RatedReply], nlp: Language, config: Config):
    variants = written(name)
    check([(r, context_of(r), variants[r.id]) for r in replies if r.id in variants], nlp, config)


@pytest.mark.parametrize("trainee", ["Anna Schmidt", "Ayşe Yıldırım", "Nguyen Thi Mai", "Kofi Mensah", "Jürgen Müller"])
def test_the_trainees_name_counts_nothing(trainee: str, replies: list[RatedReply], nlp: Language, config: Config):
    by = {
        name: [rate_in_context(f"Mein Name ist {name}. {r.text}", context_of(r), nlp, config) for r in replies[:60]]
        for name in (trainee, "Petra Krause")
    }
    for score in ("empathy", "resolution"):
        found = [getattr(a, score) - getattr(b, score) for a, b in zip(*by.values(), strict=True)]
        assert abs(mean(found)) <= MEAN
        assert max(map(abs, found)) <= WORST


@pytest.mark.parametrize("customer", ["Özdemir", "Kowalski", "Tran", "Schmidt", "Abdullahi"])
def test_the_customers_name_counts_nothing(customer: str, replies: list[RatedReply], nlp: Language, config: Config):
    def renamed(text: str) -> str:
        return ADDRESSED.sub(rf"\1 \2{customer}", text)

    pairs = []
    for reply in replies:
        if not ADDRESSED.search(reply.text):
            continue
        context = context_of(reply)
        turns = tuple(Turn(turn.role, renamed(turn.text)) for turn in context.turns)
        pairs.append((reply, Context(turns, context.channel), renamed(reply.text)))
    assert len(pairs) >= 30
    check(pairs, nlp, config)
