"""Which topics of a case a segment addresses.

Two views on the examples of how a topic is addressed: the likeness to the nearest example says whether a segment is
about any of them, a kernel ridge classifier (Saunders, Gammerman & Vovk 1998, Ridge regression learning algorithm in
dual variables) on the same cosines says which. With leave-one-out over the scenarios' examples the classifier finds the
right demand in 93 % against 85 % for the nearest example alone.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from bot.understanding.features import Row, Vectorizer, stacked
from bot.understanding.reading import Topic, TopicHit, TopicKind, Topics
from bot.understanding.text import content_stems, fold, numbers

_SPLIT = re.compile(r",\s+|\s+und\s+(?!zwar)|\s+sowie\s+|\s+oder\s+|\s*/\s*", re.IGNORECASE)
_ASKS = re.compile(
    r"\b(?:w(?:er|as|ann|ie|o|elche\w*|arum|ieso|oran|ofür|omit)|haben|ist|sind|hat|können|kann|geht|darf|wenn)\b", re.IGNORECASE
)
_SUBORDINATE = re.compile(r"^(?:dass?|damit|weil|wenn|ob|um|falls|sodass|dann|bevor|nachdem|den|die|der|das)\b", re.IGNORECASE)
UNKNOWN = "unknown"
"""The question topic for what no customer can know; a question that is most like it asks for no fact."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class KindIndex:
    """The classifier for the topics of one kind.

    Attributes:
        topics: their ids.
        owner: example -> index of its topic.
        span: which examples of the case are theirs.
        weights: examples x topics.
    """

    topics: tuple[str, ...]
    owner: npt.NDArray[np.int32]
    span: slice
    weights: Floats

    def compare(self, cosines: Floats) -> tuple[Floats, Floats]:
        """Return for each topic (likeness of its nearest example, classifier score), both about 0..1."""
        mine = cosines[self.span]
        nearest = np.zeros(len(self.topics))
        np.maximum.at(nearest, self.owner, mine)
        return nearest, mine @ self.weights


@dataclass(frozen=True)
class TopicIndex:
    """All topics of one case.

    Attributes:
        kinds: topic kind -> classifier.
        matrix: features x examples of all kinds, unit columns.
        mentions: what shows that a fact was taken up.
    """

    kinds: Mapping[str, KindIndex]
    matrix: csr_matrix
    mentions: "MentionIndex"


@dataclass(frozen=True)
class TopicMatcher:
    """Finds topic hits in segments.

    Attributes:
        vectorizer: columns and weights.
        general: question topic -> examples that count for every case.
        thresholds: topic kind -> likeness from which a segment is about a topic.
        margin: how much less than the best a second topic may score to count as well.
        ridge: regularisation of the classifier.
    """

    vectorizer: Vectorizer
    general: Mapping[str, tuple[str, ...]]
    thresholds: Mapping[str, float]
    margin: float
    ridge: float

    def index(self, topics: Topics) -> TopicIndex:
        """Return the index of a case's topics."""
        by_kind: dict[str, list[Topic]] = {}
        for topic in topics.items:
            by_kind.setdefault(topic.kind, []).append(topic)
        by_kind.pop("mention", None)
        texts: list[str] = []
        kinds = {}
        for kind, found in by_kind.items():
            owner: list[int] = []
            begin = len(texts)
            for i, topic in enumerate(found):
                examples = (*topic.examples, *self.general.get(topic.general, ()))
                texts += examples
                owner += [i] * len(examples)
            ids = tuple(topic.id for topic in found)
            kinds[kind] = KindIndex(
                ids, np.asarray(owner, dtype=np.int32), slice(begin, len(texts)), self._fit(texts[begin:], owner, len(ids))
            )
        return TopicIndex(kinds, self._rows(texts).T.tocsr(), MentionIndex.build(topics))

    def _fit(self, texts: Sequence[str], owner: Sequence[int], count: int) -> Floats:
        rows = self._rows(texts)
        kernel = (rows @ rows.T).toarray()
        targets = np.eye(count)[list(owner)] if owner else np.zeros((0, count))
        return np.asarray(np.linalg.solve(kernel + self.ridge * np.eye(len(owner)), targets))

    def _rows(self, texts: Sequence[str]) -> csr_matrix:
        return stacked([self.vectorizer.surface_row(text) for text in texts], len(self.vectorizer.index))

    def cosines(self, index: TopicIndex, rows: Sequence[Row]) -> Floats:
        """Return the cosine (0..1) of every row with every example of a case."""
        return np.asarray((stacked(rows, len(self.vectorizer.index)) @ index.matrix).toarray())

    def hits(self, index: TopicIndex, kind: TopicKind, segment: "Stretch", cosines: Floats) -> list[TopicHit]:
        """Return the topics of a kind that a segment addresses, best first.

        Args:
            index: of the case.
            kind: which topics.
            segment: the stretch of the reply.
            cosines: of the whole segment.
        """
        if kind not in index.kinds:
            return []
        parts = _parts(segment.text) if kind == "question" else []
        rows = [self.vectorizer.surface_row(part) for part in parts]
        views = list(self.cosines(index, rows)) if rows else [cosines]
        found: dict[str, float] = {}  # in order: best topic of the first part first
        for view in views:
            for topic, score in self._best(index.kinds[kind], self.thresholds[kind], view):
                found[topic] = max(found.get(topic, 0.0), score)
        return [TopicHit(topic, kind, round(score, 4), segment.start, segment.end) for topic, score in found.items()]

    def _best(self, kind: KindIndex, threshold: float, cosines: Floats) -> list[tuple[str, float]]:
        nearest, scores = kind.compare(cosines)
        if not len(nearest) or nearest.max() < threshold:
            return []
        top = float(scores.max())
        close = [i for i in range(len(kind.topics)) if scores[i] >= top - self.margin and nearest[i] >= threshold]
        close.sort(key=lambda i: -scores[i])
        if close and kind.topics[close[0]] == UNKNOWN:
            return []
        close = [i for i in close if kind.topics[i] != UNKNOWN]
        return [(kind.topics[i], float(nearest[i])) for i in close]


class Stretch(Protocol):
    """A stretch of a reply."""

    @property
    def text(self) -> str:
        """Its words."""

    @property
    def start(self) -> int:
        """Where it begins in the reply."""

    @property
    def end(self) -> int:
        """Where it ends."""


def _parts(text: str) -> list[str]:
    """Return the parts of a question that lists several things ("Name und Kundennummer?"), else nothing."""
    parts = [part for part in _SPLIT.split(text) if len(part) > 3 and not _SUBORDINATE.match(part)]
    listed = all(len(part.split()) <= 4 and not _ASKS.search(part) for part in parts[1:])
    return parts if len(parts) > 1 and listed else []


@dataclass(frozen=True)
class MentionIndex:
    """What shows that a fact was taken up.

    Attributes:
        examples: (fact, content stems, numbers, folded text) of every example.
    """

    examples: tuple[tuple[str, frozenset[str], frozenset[str], str], ...]

    @classmethod
    def build(cls, topics: Topics) -> "MentionIndex":
        """Index the mentions of a case."""
        return cls(
            tuple(
                (topic.id, frozenset(content_stems(example)), frozenset(numbers(example)), fold(example))
                for topic in topics.items
                if topic.kind == "mention"
                for example in topic.examples
            )
        )

    def hits(self, text: str, start: int, end: int) -> list[TopicHit]:
        """Return the facts a segment mentions: all content words and numbers of one of its examples occur in it."""
        stems, named, folded = content_stems(text), numbers(text), fold(text)
        found = dict.fromkeys(
            fact
            for fact, wanted, counts, plain in self.examples
            if (wanted <= stems and counts <= named if wanted or counts else plain in folded)
        )
        return [TopicHit(fact, "mention", 1.0, start, end) for fact in found]
