"""The trained heads: logistic regressions over segment features, one for each act and each level of a component.

A component with the levels 0, 1, 2 has two heads ("at least 1", "at least 2"), the cumulative form of an ordinal
regression (McCullagh 1980, Regression models for ordinal data, J. R. Stat. Soc. B 42).
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bot.acts import COMPONENTS, REPLY_ACTS
from bot.understanding.features import Row, Vectorizer, stacked
from bot.understanding.spelling import Spelling

Array = npt.NDArray[np.float32]
STRENGTHS = (*COMPONENTS, "respect")
BACK = "back"
"""The head for a segment that moves the case back: refuses, sends away, denies, promises what nobody can keep."""

HEADS: tuple[str, ...] = (*(f"act:{a}" for a in REPLY_ACTS), *(f"{c}>={n}" for c in STRENGTHS for n in (1, 2)), BACK)
"""Names of all heads, in the order of the weight columns."""

_VIOLATING = ("dismiss", "blame_customer")
"""Acts that cannot be done without violating respect; `rude` violates it severely."""
_HINT = 0.3
"""What the other signs of a violation count beside the head for severe ones and the act `rude` (1 each)."""

_SIGNS = ("respect>=1", "respect>=2", "act:rude", *(f"act:{act}" for act in _VIOLATING))


_SIGN_COLUMNS = np.array([HEADS.index(name) for name in _SIGNS])
_BACK_COLUMN = HEADS.index(BACK)
_LEVEL_COLUMNS = tuple((component, HEADS.index(f"{component}>=1")) for component in COMPONENTS)
"""Component -> its head for at least level 1; the head for level 2 comes next."""


@dataclass(frozen=True)
class Example:
    """One training segment.

    Attributes:
        text: its words.
        context: its context features.
        acts: its acts.
        strengths: component (or respect) -> level; None when only acts are known.
        back: whether it moves the case back; None when nobody can tell.
    """

    text: str
    context: dict[str, float]
    acts: tuple[str, ...]
    strengths: dict[str, int] | None
    back: bool | None = None


class Decision(NamedTuple):
    """What the heads say of a segment.

    Attributes:
        acts: its acts.
        strengths: component -> level, only those above 0.
        respect: violation of respect, 0 to 2.
        back: whether it moves the case back.
        likely: component, `respect` or `back` -> probabilities of (at least level 1, level 2).
    """

    acts: tuple[str, ...]
    strengths: dict[str, int]
    respect: int
    back: bool
    likely: dict[str, tuple[float, float]]


def _decision(says: Sequence[bool], likely: Sequence[float], violation: tuple[float, float]) -> Decision:
    """Return the decision of which head says yes, with what probability, and how likely respect is violated."""
    acts = tuple(compress(REPLY_ACTS, says))
    strengths: dict[str, int] = {}
    levels: dict[str, tuple[float, float]] = {}
    for component, once in _LEVEL_COLUMNS:
        twice = once + 1
        if says[once] or says[twice]:  # the heads are trained apart: who sees the second level need not see the first
            strengths[component] = 2 if says[twice] else 1
        levels[component] = (max(likely[once], likely[twice]), likely[twice])
    mild, severe = violation
    respect = 2 if severe >= 0.5 else 1 if mild >= 0.5 else 0
    levels["respect"] = (round(mild, 3), round(severe, 3))
    levels[BACK] = (likely[_BACK_COLUMN], 0.0)
    return Decision(acts, strengths, respect, says[_BACK_COLUMN], levels)


@dataclass(frozen=True)
class Heads:
    """A fitted set of heads.

    Attributes:
        vectorizer: features -> columns.
        weights: one row per column, one column per head.
        bias: one number per head.
        thresholds: probability from which a head says yes.
        strength_threshold: probability from which a component's level is reached.
        severe_threshold: sum of the signs from which a violation of respect is severe.
    """

    vectorizer: Vectorizer
    weights: Array
    bias: Array
    thresholds: Array
    strength_threshold: float
    severe_threshold: float

    def probabilities(self, rows: Sequence[Row]) -> Array:
        """Return one row per segment with the probability (0..1) of each head."""
        scores = np.empty((len(rows), len(HEADS)), dtype=np.float32)
        for i, (columns, values) in enumerate(rows):
            scores[i] = values @ self.weights.take(columns, axis=0)
        return np.asarray(1.0 / (1.0 + np.exp(-(scores + self.bias))), dtype=np.float32)

    def decide(self, probabilities: Array) -> list[Decision]:
        """Return what each row of probabilities says."""
        says = (probabilities >= self.thresholds).tolist()
        rounded = np.round(probabilities.astype(np.float64), 3).tolist()
        violations = map(self._violation, probabilities[:, _SIGN_COLUMNS].tolist())
        return [_decision(*row) for row in zip(says, rounded, violations, strict=True)]

    def _violation(self, signs: Sequence[float]) -> tuple[float, float]:
        """Return how likely a violation of respect is, and a severe one (0..1; from 0.5 it is taken as one).

        Irony and contempt rarely show in one head alone; together the heads find them (docs/evaluation.md).

        Args:
            signs: probabilities of the heads `_SIGNS`.
        """
        once, twice, rude, *violating = signs
        severe = (twice + rude + _HINT * (once + sum(violating))) / (2 * self.severe_threshold)
        mild = once / (2 * self.strength_threshold)
        acted = max((p for p in violating if p >= 0.5), default=0.0)
        return min(1.0, max(mild, acted, severe if severe >= 0.5 else 0.0)), min(1.0, severe)

    def save(self, folder: Path) -> None:
        """Write the heads into a folder (float16 weights: a probability moves by less than 0.001)."""
        folder.mkdir(parents=True, exist_ok=True)
        v = self.vectorizer
        meta = {
            "strength_threshold": self.strength_threshold,
            "severe_threshold": self.severe_threshold,
            "features": list(v.index),
            "words": list(v.spelling.known),
            "shortest": v.shortest,
            "longest": v.longest,
            "context_weight": v.context_weight,
        }
        (folder / "features.json").write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")
        np.savez_compressed(
            folder / "heads.npz",
            weights=self.weights.astype(np.float16),
            bias=self.bias,
            thresholds=self.thresholds,
            idf=np.asarray(v.idf, dtype=np.float32),
        )

    @classmethod
    def load(cls, folder: Path) -> "Heads":
        """Read heads written by `save`."""
        meta = json.loads((folder / "features.json").read_text(encoding="utf-8"))
        arrays = np.load(folder / "heads.npz")
        vectorizer = Vectorizer(
            {feature: i for i, feature in enumerate(meta["features"])},
            [float(x) for x in arrays["idf"]],
            meta["shortest"],
            meta["longest"],
            meta["context_weight"],
            Spelling(tuple(meta["words"])),
        )
        return cls(
            vectorizer,
            arrays["weights"].astype(np.float32),
            arrays["bias"],
            arrays["thresholds"],
            meta["strength_threshold"],
            meta["severe_threshold"],
        )


@dataclass(frozen=True)
class HeadSettings:
    """How heads are trained; see `pipeline` in config.yml for what each number does."""

    shortest: int
    longest: int
    min_count: int
    context_weight: float
    regularisation: float
    positive_weight: float
    act_threshold: float
    strength_threshold: float
    harm_threshold: float
    severe_threshold: float


def targets(examples: Sequence[Example], head: str) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.bool_]]:
    """Return (labels 0/1, which examples can teach this head)."""
    if head.startswith("act:"):
        act = head.removeprefix("act:")
        labels = np.array([act in e.acts for e in examples], dtype=np.int8)
        # What needs the conversation cannot be learned from a lone sentence.
        usable = np.array([e.strengths is not None or act != "reask" for e in examples])
        return labels, usable
    if head == BACK:
        return np.array([bool(e.back) for e in examples], dtype=np.int8), np.array([e.back is not None for e in examples])
    component, level = head.split(">=")
    labels = np.array([(e.strengths or {}).get(component, 0) >= int(level) for e in examples], dtype=np.int8)
    # A lone sentence teaches only the components it was given a strength for, and every other one what `ip` 2 implies.
    return labels, np.array(
        [e.strengths is not None and (bool(e.context) or component in e.strengths or "ip" in e.strengths) for e in examples]
    )


def fit(
    examples: Sequence[Example],
    settings: HeadSettings,
    progress: Callable[[float], None] = lambda share: None,
) -> Heads:
    """Train all heads.

    Args:
        examples: training segments.
        settings: how.
        progress: called with the share done, 0..1.

    Returns:
        The fitted heads. The same examples give the same heads.
    """
    from sklearn.linear_model import LogisticRegression

    vectorizer = Vectorizer.fit(
        ((e.text, e.context) for e in examples),
        shortest=settings.shortest,
        longest=settings.longest,
        context_weight=settings.context_weight,
        min_count=settings.min_count,
    )
    matrix = stacked([vectorizer.row(vectorizer.surface_row(e.text), e.context) for e in examples], len(vectorizer.index))
    weights = np.zeros((len(vectorizer.index), len(HEADS)), dtype=np.float32)
    bias = np.full(len(HEADS), -9.0, dtype=np.float32)
    for i, head in enumerate(HEADS):
        labels, usable = targets(examples, head)
        known = labels[usable]
        if 0 < known.sum() < len(known):
            classifier = LogisticRegression(
                C=settings.regularisation,
                solver="liblinear",
                dual=True,  # far more features than segments
                class_weight={0: 1.0, 1: settings.positive_weight},
                random_state=0,
                max_iter=300,
                tol=0.02,
            )
            classifier.fit(matrix[usable], known)
            weights[:, i] = classifier.coef_[0]
            bias[i] = classifier.intercept_[0]
        progress((i + 1) / len(HEADS))
    harmful = {f"act:{act}" for act in ("rude", "dismiss", "blame_customer", "deflect")}
    cut = np.array(
        [
            settings.harm_threshold if h in harmful else settings.act_threshold if h.startswith("act:") else settings.strength_threshold
            for h in HEADS
        ],
        dtype=np.float32,
    )
    return Heads(vectorizer, weights, bias, cut, settings.strength_threshold, settings.severe_threshold)
