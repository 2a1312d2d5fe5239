"""How varied, how free of repetition and how repeatable the customers are, measured over played conversations."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from statistics import mean

from bot.simulation.play import Played

_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
_BROKEN = re.compile(
    r"[{}]|  | [,.!?]|(?<!\.)\.\.(?!\.)|[,;:]\.|\b(?:um|am|ab|gegen|seit|nach|vor) (?:um|bis|am|ab|gegen)\b"
    r"|\b(?:mit|von|bei|zu|nach|seit|aus) der Herr\b"
    r"|\b(?:zur|zum|vom|beim|im|am) (?:der|die|das|den|dem)\b"
)
"""Slips that come from filling in: an open placeholder, doubled signs, two prepositions or articles in a row."""

_SAMPLE, _REFERENCES = 150, 400
"""Turns that self-BLEU is taken of, and others each is compared with."""

_SHORTEST = 4
"""Words from which a sentence is one's own; "Na gut." may come twice."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured.

    Attributes:
        conversations, turns, sentences: how much was looked at.
        distinct_1, distinct_2: share (0..1) of different words and word pairs among all (Li et al. 2016, A
            diversity-promoting objective function for neural conversation models).
        repeated: share of sentences said before in the same conversation.
        shared: share of sentences that two seeds of the same case and trainee have in common, mean over pairs.
        self_bleu: mean BLEU-4 of turns against the other turns (Zhu et al. 2018, Texygen), over an even sample; 1 is all the same.
        broken: turns that still hold a brace, or a slip that filling in can cause: doubled prepositions, articles or stops.
    """

    conversations: int
    turns: int
    sentences: int
    distinct_1: float
    distinct_2: float
    repeated: float
    shared: float
    self_bleu: float
    broken: int


def sentences(text: str) -> list[str]:
    """Return the sentences of a turn that are long enough to be recognised again."""
    return [s.strip() for s in _SENTENCE.split(text) if len(s.split()) >= _SHORTEST]


def measures(played: Sequence[Played]) -> Measures:
    """Measure conversations; see `Measures`."""
    words: list[str] = []
    pairs: list[tuple[str, str]] = []
    total = again = 0
    by_case: dict[tuple[str, str, str], list[set[str]]] = defaultdict(list)
    for one in played:
        seen: set[str] = set()
        for turn in one.said:
            found = turn.lower().split()
            words += found
            pairs += pairwise(found)
            for sentence in sentences(turn):
                total += 1
                again += sentence in seen
                seen.add(sentence)
        by_case[one.case.scenario, one.case.persona, one.case.trainee].append(seen)
    shares = [len(a & b) / min(len(a), len(b)) for group in by_case.values() for a, b in combinations(group, 2) if min(len(a), len(b)) > 0]
    return Measures(
        len(played),
        sum(len(one.said) for one in played),
        total,
        len(set(words)) / len(words) if words else 0.0,
        len(set(pairs)) / len(pairs) if pairs else 0.0,
        again / total if total else 0.0,
        mean(shares) if shares else 0.0,
        self_bleu([turn for one in played for turn in one.said]),
        sum(bool(_BROKEN.search(turn)) for one in played for turn in one.said),
    )


def self_bleu(turns: Sequence[str]) -> float:
    """Return the mean BLEU-4 (0..1) of sampled turns, each against others of the same corpus; see `Measures`."""
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

    distinct = list(dict.fromkeys(turns))
    words = [turn.lower().split() for turn in distinct]
    if len(words) < 2:
        return 0.0
    chosen = range(0, len(words), max(1, len(words) // _SAMPLE))
    smooth = SmoothingFunction().method1
    scores = []
    for i in chosen:
        step = max(1, len(words) // _REFERENCES)
        others = [words[j] for j in range(i % step, len(words), step) if j != i]
        scores.append(sentence_bleu(others, words[i], smoothing_function=smooth))
    return float(mean(scores))
