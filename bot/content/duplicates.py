"""Near-duplicates among rated replies, and the split of the voices into parts.

A reply that stands twice, in the training part and in the held-out part, would make a measurement look better than it
is. So whole voices are held out, and no two voices may have written the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.content.schema import RatedReply

_SHORTEST = 8
"""Words from which two replies can be told to be copies; "Kundennummer?" may be said by anybody."""
_ALIKE = 0.9
_SAME_CASE = 0.9


@dataclass(frozen=True, slots=True)
class Pair:
    """Two rated replies that are nearly the same.

    Attributes:
        first, second: their ids.
        likeness: cosine of their letter quadruples, 0..1.
    """

    first: str
    second: str
    likeness: float


def near_duplicates(replies: Sequence[RatedReply]) -> list[Pair]:
    """Return pairs of replies that say nearly the same and should not.

    One voice may set the same reply into two different cases, to show what the case changes; then the customers' words
    must differ. Two voices may not have the same reply at all.

    Args:
        replies: rated replies of any number of voices.

    Returns:
        The pairs, most alike first.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    long = [reply for reply in replies if len(reply.text.split()) >= _SHORTEST]
    if len(long) < 2:
        return []
    letters = {"analyzer": "char_wb", "ngram_range": (4, 4), "sublinear_tf": True}
    said = TfidfVectorizer(max_df=0.1 if len(long) > 100 else 1.0, **letters).fit_transform([reply.text for reply in long])
    cases = TfidfVectorizer(**letters).fit_transform([" ".join(turn.text for turn in reply.turns) for reply in long])
    alike = (said @ said.T).tocoo()
    found = []
    for i, j, likeness in zip(alike.row, alike.col, alike.data, strict=True):
        if i >= j or likeness < _ALIKE:
            continue
        same_case = float((cases[int(i)] @ cases[int(j)].T).toarray()[0, 0]) >= _SAME_CASE
        if same_case or long[i].author != long[j].author:
            found.append(Pair(long[i].id, long[j].id, round(float(min(likeness, 1.0)), 2)))
    return sorted(found, key=lambda pair: (-pair.likeness, pair.first, pair.second))


def split_by_author(replies: Sequence[RatedReply], parts: int) -> list[tuple[str, ...]]:
    """Return the voices in parts of about equal numbers of replies, each voice whole in one part.

    Args:
        replies: rated replies.
        parts: number of parts, at least 2.

    Returns:
        One tuple of voices for each part. The same replies give the same split.

    Raises:
        ValueError: when there are fewer voices than parts.
    """
    voices, counts = np.unique([reply.author for reply in replies], return_counts=True)
    if len(voices) < parts:
        raise ValueError(f"{len(voices)} voices cannot be split into {parts} parts")
    sizes = [0] * parts
    split: list[list[str]] = [[] for _ in range(parts)]
    for count, voice in sorted(zip(counts.tolist(), voices.tolist(), strict=True), key=lambda v: (-v[0], v[1])):
        smallest = sizes.index(min(sizes))
        sizes[smallest] += count
        split[smallest].append(voice)
    return [tuple(sorted(part)) for part in split]
