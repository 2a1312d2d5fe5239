"""Agreement between the system and raters: kappa, rank correlation, alpha, with bootstrap intervals.

One file of rated replies in (the format of `gold`: turns and the ratings of several raters; also a team lead's own
ratings), one report out.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from spacy.language import Language

from bot.config import Config
from bot.content.files import read_text
from bot.errors import InvalidInputError
from bot.evaluation.rating import Rating, rate
from bot.understanding import Context, Turn, read

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
LEVELS = 5
SCORES = ("empathy", "resolution")


def quadratic_weighted_kappa(first: Sequence[int], second: Sequence[int], levels: int = LEVELS) -> float:
    """Return Cohen's kappa with quadratic weights.

    Args:
        first, second: levels 0 … levels-1 of the same items by two raters.
        levels: number of levels.

    Returns:
        1 for perfect agreement, 0 for what chance would give, below 0 for less; 1 when both always say the same one level.

    Raises:
        ValueError: when the lists differ in length or are empty.

    Source: Cohen 1968, Weighted kappa, Psychological Bulletin 70.
    """
    if len(first) != len(second) or not first:
        raise ValueError(f"two lists of the same length are needed, not {len(first)} and {len(second)}")
    observed = np.zeros((levels, levels))
    for a, b in zip(first, second, strict=True):
        observed[a, b] += 1
    grid = np.arange(levels)
    weights = (grid[:, None] - grid[None, :]) ** 2
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / len(first)
    by_chance = float((weights * expected).sum())
    return 1.0 if by_chance == 0 else 1.0 - float((weights * observed).sum()) / by_chance


def spearman(first: Sequence[float] | Floats, second: Sequence[float] | Floats) -> float:
    """Return Spearman's rank correlation, -1..1, with mean ranks for ties; 0 when one side does not vary.

    Source: Spearman 1904, The proof and measurement of association between two things, Am. J. Psychology 15.
    """
    a, b = _ranks(np.asarray(first, dtype=float)), _ranks(np.asarray(second, dtype=float))
    if a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def _ranks(values: Floats) -> Floats:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[inverse], dtype=float)


def krippendorff_alpha(ratings: Sequence[Sequence[int | None]], levels: int = LEVELS) -> float:
    """Return Krippendorff's alpha for ordinal data.

    Args:
        ratings: one list per item with a level or None from each rater.
        levels: number of levels.

    Returns:
        1 for perfect agreement, 0 for chance; 1 when everybody always says the same level.

    Raises:
        ValueError: when no item has two ratings.

    Source: Krippendorff 2011, Computing Krippendorff's alpha-reliability; ordinal difference function.
    """
    coincidence = np.zeros((levels, levels))
    for item in ratings:
        given = [level for level in item if level is not None]
        for i, a in enumerate(given):
            for j, b in enumerate(given):
                if i != j:
                    coincidence[a, b] += 1 / (len(given) - 1)
    totals = coincidence.sum(axis=1)
    if totals.sum() == 0:
        raise ValueError("at least one item with two ratings is needed")
    running = np.cumsum(totals)
    distance = np.zeros((levels, levels))
    for a in range(levels):
        for b in range(a + 1, levels):
            between = running[b] - (running[a - 1] if a else 0.0) - (totals[a] + totals[b]) / 2
            distance[a, b] = distance[b, a] = between**2
    by_chance = float((np.outer(totals, totals) * distance).sum()) / (totals.sum() - 1)
    return 1.0 if by_chance == 0 else 1.0 - float((coincidence * distance).sum()) / by_chance


def bootstrap(statistic: Callable[[Indices], float], items: int, *, draws: int = 1000, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % percentile interval of a statistic over resampled items.

    Args:
        statistic: takes item indices, returns a number.
        items: how many items there are.
        draws: how many resamples.
        seed: the same seed gives the same interval.

    Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13.
    """
    generator = np.random.default_rng(seed)
    found = [statistic(generator.integers(0, items, items)) for _ in range(draws)]
    return float(np.percentile(found, 2.5)), float(np.percentile(found, 97.5))


def level_of(score: float) -> int:
    """Return the rubric's level 0..4 of a score 0..100."""
    return min(LEVELS - 1, max(0, int(score / 25 + 0.5)))


@dataclass(frozen=True)
class RatedItem:
    """A reply with its raters' ratings and the system's.

    Attributes:
        id: of the reply.
        text: the reply.
        ratings: one mapping with `empathy`, `resolution` and, where known, `acts` and `respect` for each rater.
        system: the system's rating.
        author: who wrote it, where that is known.
        tags: what makes it hard, where that is known.
    """

    id: str
    text: str
    ratings: Sequence[dict[str, Any]]
    system: Rating
    author: str = ""
    tags: tuple[str, ...] = ()

    def rater_mean(self, score: str) -> float:
        """Return the mean level of the raters."""
        return float(np.mean([rating[score] for rating in self.ratings]))


@dataclass(frozen=True)
class Measure:
    """A statistic with its 95 % interval."""

    name: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Agreement:
    """What `warteschleife agreement` found.

    Attributes:
        items: number of replies.
        measures: statistics in the order of the report.
        confusion: score -> rows of the raters' median level by columns of the system's.
        worst: the items the system is farthest off, with the reason in words.
    """

    items: int
    measures: Sequence[Measure]
    confusion: dict[str, list[list[int]]]
    worst: Sequence[dict[str, Any]] = field(default_factory=tuple)


def load_items(path: Path, nlp: Language, config: Config, progress: Callable[[float], None] = lambda share: None) -> list[RatedItem]:
    """Read rated replies and rate them with the system.

    Raises:
        InvalidInputError: naming file, line, field and what is needed.
    """
    lines = [(n, line) for n, line in enumerate(read_text(path).splitlines(), start=1) if line.strip()]
    items = []
    for done, (number, line) in enumerate(lines, start=1):
        items.append(_item(path, number, line, nlp, config))
        progress(done / len(lines))
    if not items:
        raise InvalidInputError(f"{path} enthält keine bewerteten Antworten.", "Erwartet wird eine je Zeile mit turns und ratings.")
    return items


def _item(path: Path, number: int, line: str, nlp: Language, config: Config) -> RatedItem:
    try:
        data = json.loads(line)
        turns = tuple(Turn(t["role"], t["text"]) for t in data["turns"])
        ratings = data["ratings"]
        if not ratings or turns[-1].role != "agent":
            raise KeyError("ratings" if not ratings else "turns")
        for rating in ratings:
            for score in SCORES:
                if rating[score] not in range(LEVELS):
                    raise InvalidInputError(f"{path}:{number}: {score} ist {rating[score]!r}.", "Erlaubt: 0 bis 4.")
    except json.JSONDecodeError as error:
        raise InvalidInputError(f"{path}:{number}: kein gültiges JSON ({error.msg}).", "") from error
    except (KeyError, IndexError, TypeError) as error:
        raise InvalidInputError(
            f"{path}:{number}: {error} fehlt oder hat die falsche Form.",
            "Erwartet: turns (das letzte vom agent) und ratings mit empathy und resolution.",
        ) from error
    system = rate_in_context(turns[-1].text, Context(turns[:-1], data.get("channel", "chat")), nlp, config)
    return RatedItem(str(data.get("id", number)), turns[-1].text, ratings, system, str(data.get("author", "")))


def rate_in_context(text: str, context: Context, nlp: Language, config: Config) -> Rating:
    """Return the system's rating of a lone reply in its context, without feedback."""
    reading = read(nlp, text, context)
    return rate(reading, config.evaluation, earlier=context.said_by("agent"), customer=context.said_by("customer"))


def agreement(items: Sequence[RatedItem], *, draws: int = 1000) -> Agreement:
    """Measure the agreement of the system with raters.

    Args:
        items: from `load_items`.
        draws: bootstrap resamples.
    """
    measures: list[Measure] = []
    confusion = {}
    for score in SCORES:
        measures += _score_measures(items, score, draws)
        levels = np.array([level_of(getattr(item.system, score)) for item in items])
        confusion[score] = _confusion(np.median(_by_rater(items, score), axis=1).astype(int), levels)
    measures += _act_measures(items, draws)
    return Agreement(len(items), measures, confusion, _worst(items))


def _score_measures(items: Sequence[RatedItem], score: str, draws: int) -> list[Measure]:
    levels = np.array([level_of(getattr(item.system, score)) for item in items])
    scores = np.array([getattr(item.system, score) for item in items], dtype=float)
    means = np.array([item.rater_mean(score) for item in items])
    raters = _by_rater(items, score)

    def kappa(ix: Indices) -> float:
        return _mean_kappa(levels[ix], raters[ix])

    def rho(ix: Indices) -> float:
        return spearman(scores[ix], means[ix])

    def alpha(ix: Indices) -> float:
        return krippendorff_alpha(raters[ix].tolist())

    found = [
        _measure(f"{score}: kappa, system and rater", kappa, np.arange(len(items)), draws),
        _measure(f"{score}: Spearman with the raters' mean", rho, np.arange(len(items)), draws),
    ]
    found += [_measure(f"{score}: Spearman, {name} replies", rho, part, draws) for name, part in _length_thirds(items)]
    if raters.shape[1] > 1:
        found.append(_measure(f"{score}: alpha among raters", alpha, np.arange(len(items)), min(draws, 100)))
    return found


def _measure(name: str, statistic: Callable[[Indices], float], among: Indices, draws: int) -> Measure:
    low, high = bootstrap(lambda ix: statistic(among[ix]), len(among), draws=draws)
    return Measure(name, statistic(among), low, high)


def _by_rater(items: Sequence[RatedItem], score: str) -> Indices:
    count = min(len(item.ratings) for item in items)
    return np.array([[rating[score] for rating in item.ratings[:count]] for item in items])


def _mean_kappa(system: Indices, raters: Indices) -> float:
    return float(np.mean([quadratic_weighted_kappa(system.tolist(), raters[:, k].tolist()) for k in range(raters.shape[1])]))


def _length_thirds(items: Sequence[RatedItem]) -> Iterable[tuple[str, Indices]]:
    order = np.argsort([len(item.text) for item in items], kind="stable")
    return zip(("short", "middling", "long"), np.array_split(order, 3), strict=True)


def _confusion(raters: Indices, system: Indices) -> list[list[int]]:
    table = np.zeros((LEVELS, LEVELS), dtype=int)
    for a, b in zip(raters, system, strict=True):
        table[a, b] += 1
    return [[int(n) for n in row] for row in table]


def _named(item: RatedItem) -> set[str]:
    """Return the acts that most raters named: two of three, or all where there are fewer."""
    need = min(2, len(item.ratings))
    acts = {act for rating in item.ratings for act in rating.get("acts", [])}
    return {act for act in acts if sum(act in rating.get("acts", []) for rating in item.ratings) >= need}


def _act_measures(items: Sequence[RatedItem], draws: int) -> list[Measure]:
    counts = np.array([(len(_named(i) & set(i.system.acts)), len(set(i.system.acts)), len(_named(i))) for i in items])

    def f1(ix: Indices) -> float:
        hit, said, named = counts[ix].sum(axis=0)
        return float(2 * hit / (said + named)) if said + named else 1.0

    severe = np.array([(np.median([r.get("respect", 0) for r in i.ratings]) == 2, i.system.respect == 2) for i in items])

    def recall(ix: Indices) -> float:
        rows = severe[ix]
        return float((rows[:, 0] & rows[:, 1]).sum() / max(rows[:, 0].sum(), 1))

    def precision(ix: Indices) -> float:
        rows = severe[ix]
        return float((rows[:, 0] & rows[:, 1]).sum() / max(rows[:, 1].sum(), 1))

    named = (("acts: micro-F1", f1), ("severe violations: recall", recall), ("severe violations: precision", precision))
    return [_measure(name, statistic, np.arange(len(items)), draws) for name, statistic in named]


def _worst(items: Sequence[RatedItem], count: int = 10) -> list[dict[str, Any]]:
    """Return the items the system is farthest off, with what it saw."""
    found = []
    for item in items:
        for score in SCORES:
            off = getattr(item.system, score) / 25 - item.rater_mean(score)
            summands = item.system.empathy_sum if score == "empathy" else item.system.resolution_sum
            seen = ", ".join(f"{s.what} {s.points:+g}" for s in summands)
            found.append(
                {
                    "id": item.id,
                    "score": score,
                    "off": round(off, 2),
                    "raters": round(item.rater_mean(score), 2),
                    "system": seen,
                    "text": item.text,
                }
            )
    return sorted(found, key=lambda entry: -abs(entry["off"]))[:count]
