"""The agreement statistics, against values worked out by hand or by definition, and the tool on a file."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import cohen_kappa_score

from bot.errors import InvalidInputError
from bot.evaluation.agreement import agreement, bootstrap, krippendorff_alpha, level_of, load_items, quadratic_weighted_kappa, spearman

LEVELS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=4, max_size=40)


@given(LEVELS)
def test_kappa_is_that_of_a_library(pairs: list[tuple[int, int]]):
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    if len(set(first)) > 1 or len(set(second)) > 1:
        expected = cohen_kappa_score(first, second, weights="quadratic", labels=list(range(5)))
        assert quadratic_weighted_kappa(first, second) == pytest.approx(expected)


def test_kappa_knows_its_ends():
    assert quadratic_weighted_kappa([0, 1, 2, 3, 4], [0, 1, 2, 3, 4]) == 1
    assert quadratic_weighted_kappa([0, 0, 4, 4], [4, 4, 0, 0]) == -1
    assert quadratic_weighted_kappa([2, 2], [2, 2]) == 1
    with pytest.raises(ValueError, match="same length"):
        quadratic_weighted_kappa([1], [1, 2])


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=30))
def test_spearman_is_that_of_a_library(pairs: list[tuple[int, int]]):
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    if len(set(first)) > 1 and len(set(second)) > 1:
        assert spearman(first, second) == pytest.approx(spearmanr(first, second)[0])


def test_alpha_is_one_for_perfect_agreement_near_zero_for_chance_and_takes_missing_ratings():
    assert krippendorff_alpha([[0, 0, 0], [4, 4, None], [2, 2, 2]]) == pytest.approx(1)
    chance = np.random.default_rng(1).integers(0, 5, (400, 3)).tolist()
    assert abs(krippendorff_alpha(chance)) < 0.06
    with pytest.raises(ValueError, match="two ratings"):
        krippendorff_alpha([[1, None], [None, 2]])


def test_alpha_of_krippendorffs_own_example_is_his():
    # Krippendorff 2011, section E, ordinal data: four observers, twelve units, values 1 to 5.
    observers = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    ]
    units = [[None if o[u] is None else o[u] - 1 for o in observers] for u in range(12)]
    assert krippendorff_alpha(units) == pytest.approx(0.815, abs=0.001)


def test_a_bootstrap_interval_holds_the_value_and_is_repeatable():
    data = np.random.default_rng(2).normal(size=80)
    low, high = bootstrap(lambda ix: float(data[ix].mean()), 80, draws=300)
    assert low < data.mean() < high
    assert bootstrap(lambda ix: float(data[ix].mean()), 80, draws=300) == (low, high)


@pytest.mark.parametrize(("score", "level"), [(0, 0), (12, 0), (13, 1), (37, 1), (38, 2), (62, 2), (63, 3), (87, 3), (88, 4), (100, 4)])
def test_a_score_has_the_level_it_is_nearest_to(score: int, level: int):
    assert level_of(score) == level


def item(text: str, empathy: int, resolution: int) -> str:
    rating = {"empathy": empathy, "resolution": resolution, "respect": 0, "acts": ["apologize"]}
    turns = [{"role": "customer", "text": "35 Minuten!"}, {"role": "agent", "text": text}]
    return json.dumps({"id": text[:5], "channel": "phone", "turns": turns, "ratings": [rating, rating]})


def test_a_team_leads_own_ratings_can_be_compared(tmp_path: Path, nlp, config):
    path = tmp_path / "own.jsonl"
    path.write_text(
        "\n".join(item(f"{word} tut mir leid.", i % 5, i % 3) for i, word in enumerate(("Das", "Es", "Mir", "Uns", "So", "Ja"))),
        encoding="utf-8",
    )
    found = agreement(load_items(path, nlp, config), draws=20)
    assert found.items == 6
    assert any("kappa" in m.name for m in found.measures)
    assert all(m.low <= m.high for m in found.measures)
    assert sum(map(sum, found.confusion["empathy"])) == 6
    assert found.worst[0]["system"].startswith("base")


@pytest.mark.parametrize(
    ("line", "word"), [("kaputt", "JSON"), ('{"turns": []}', "turns"), (item("Hallo", 9, 0), "empathy ist 9"), ("", "keine")]
)
def test_a_file_that_cannot_be_used_is_named_with_its_line(tmp_path: Path, nlp, config, line: str, word: str):
    path = tmp_path / "x.jsonl"
    path.write_text(line, encoding="utf-8")
    with pytest.raises(InvalidInputError, match=word):
        load_items(path, nlp, config)
