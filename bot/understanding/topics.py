"""Which topics of a case a segment addresses: likeness to examples of how one says it."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from bot.understanding.features import Vectorizer, surface
from bot.understanding.reading import Topic, TopicHit, TopicKind, Topics
from bot.understanding.text import content_stems, fold, numbers

_SPLIT = re.compile(r",\s+|\s+und\s+(?!zwar)|\s+sowie\s+|\s+oder\s+|\s*/\s*", re.IGNORECASE)


@dataclass(frozen=True)
class TopicIndex:
    """Examples of all topics of one case as sparse unit vectors.

    Attributes:
        topics: the topics.
        owner: example -> index of its topic.
        matrix: features x examples.
    """

    topics: tuple[Topic, ...]
    owner: npt.NDArray[np.int32]
    matrix: csr_matrix

    @classmethod
    def build(cls, topics: Topics, general: Mapping[str, tuple[str, ...]], vectorizer: Vectorizer) -> "TopicIndex":
        """Index the topics of a case.

        Args:
            topics: of the case.
            general: question topic -> examples that count for every case.
            vectorizer: whose columns and weights are used.
        """
        owner: list[int] = []
        data: list[float] = []
        rows: list[int] = []
        columns: list[int] = []
        for i, topic in enumerate(topics.items):
            for example in (*topic.examples, *general.get(topic.general, ())):
                indices, values = vectorizer.row(surface(example, vectorizer.shortest, vectorizer.longest), {})
                rows += indices
                columns += [len(owner)] * len(indices)
                data += values
                owner.append(i)
        shape = (len(vectorizer.index), max(len(owner), 1))
        return cls(topics.items, np.asarray(owner, dtype=np.int32), csr_matrix((data, (rows, columns)), shape=shape))

    def likeness(self, grams: Counter[str], vectorizer: Vectorizer) -> npt.NDArray[np.float64]:
        """Return for each topic the highest cosine (0..1) of its examples with a text's surface."""
        indices, values = vectorizer.row(grams, {})
        best = np.zeros(len(self.topics))
        if indices and len(self.owner):
            row = csr_matrix((values, ([0] * len(indices), indices)), shape=(1, self.matrix.shape[0]))
            product = (row @ self.matrix).toarray()[0]
            np.maximum.at(best, self.owner, product[: len(self.owner)])
        return best


@dataclass(frozen=True)
class TopicMatcher:
    """Finds topic hits in segments.

    Attributes:
        vectorizer: columns and weights.
        general: question topic -> examples.
        thresholds: topic kind -> likeness from which it counts.
        margin: how much less than the best a second topic may have to count as well.
    """

    vectorizer: Vectorizer
    general: Mapping[str, tuple[str, ...]]
    thresholds: Mapping[TopicKind, float]
    margin: float

    def index(self, topics: Topics) -> TopicIndex:
        """Return the index of a case's topics."""
        return TopicIndex.build(topics, self.general, self.vectorizer)

    def hits(self, index: TopicIndex, kind: TopicKind, text: str, start: int, end: int) -> list[TopicHit]:
        """Return the topics of a kind that a segment addresses, best first."""
        found: dict[str, float] = {}
        for part in self._parts(text) if kind == "question" else [text]:
            for topic, score in self._best(index, kind, part):
                found[topic] = max(found.get(topic, 0.0), score)
        ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        return [TopicHit(topic, kind, round(score, 4), start, end) for topic, score in ranked]

    def _parts(self, text: str) -> list[str]:
        parts = [part for part in _SPLIT.split(text) if len(part) > 3]
        return [text, *parts] if len(parts) > 1 else [text]

    def _best(self, index: TopicIndex, kind: TopicKind, text: str) -> list[tuple[str, float]]:
        v = self.vectorizer
        scores = index.likeness(surface(text, v.shortest, v.longest), v)
        candidates = [(t.id, float(scores[i])) for i, t in enumerate(index.topics) if t.kind == kind]
        if not candidates:
            return []
        top = max(score for _, score in candidates)
        if top < self.thresholds[kind]:
            return []
        return [(topic, score) for topic, score in candidates if score >= max(top - self.margin, self.thresholds[kind])]


def mention_hits(topics: Topics, text: str, start: int, end: int) -> list[TopicHit]:
    """Return the facts a segment mentions: all content words and numbers of one of its examples occur in it."""
    stems, named, folded = content_stems(text), numbers(text), fold(text)
    hits = []
    for topic in topics.items:
        if topic.kind == "mention" and any(_contains(example, stems, named, folded) for example in topic.examples):
            hits.append(TopicHit(topic.id, "mention", 1.0, start, end))
    return hits


def _contains(example: str, stems: set[str], named: set[str], folded: str) -> bool:
    wanted, count = content_stems(example), numbers(example)
    if not wanted and not count:
        return fold(example) in folded
    return wanted <= stems and count <= named
