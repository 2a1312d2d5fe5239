"""Features of a segment in its context: what the heads of the model see.

A feature is a string with a weight. Surface features (character and word n-grams of folded text) forgive typos and
missing umlauts; context features say how the segment relates to what the customer said, what was asked before and
where in the reply it stands.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import chain
from math import log
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from bot.understanding.reading import Context
from bot.understanding.spelling import Spelling
from bot.understanding.text import content_stems, content_words, english_share, fold, folded_words, numbers, words

_TOKEN = re.compile(r"[^\W\d_]+|\d+|[?!…]|[^\w\s]")
_EMOJI = re.compile(r"[\U0001F300-\U0001FAFF☀-➿]|[:;]-?[)D(]")
CLAUSE_END = re.compile(r"[.!?\n–,]")
_SORRY = re.compile(r"tut mir|tut uns|leid\b|entschuldig|verzeih|bedau|sorry")
_GIVES_DATA = re.compile(r"\d{3,}|\d[\d ./-]{3,}\d")
_ASKS_DATA = re.compile(
    r"(kundennummer|kundennr|vorgangsnummer|ticketnummer|vertragsnummer|rechnungsnummer|bestellnummer|auftragsnummer|nummer|name\b|namen|heissen|anschrift|adresse|geburts|kennwort|mail|plz|postleitzahl)"
)


@lru_cache(maxsize=65536)
def _grams(word: str) -> frozenset[str]:
    return frozenset([word[i : i + 5] for i in range(len(word) - 4)])


@lru_cache(maxsize=4096)
def _content_grams(text: str) -> frozenset[str]:
    return frozenset().union(*map(_grams, content_words(text)))


@lru_cache(maxsize=4096)
def _sentences(text: str) -> tuple[str, ...]:
    """Return the folded sentences and clauses of a text that are long enough to be told apart from a courtesy."""
    return tuple(s for part in CLAUSE_END.split(text) if len(s := " ".join(folded_words(part))) > 8)


@dataclass(frozen=True)
class ContextFacts:
    """What the features need of a context, computed once per reply."""

    context: Context

    @cached_property
    def customer_texts(self) -> tuple[str, ...]:
        """What the customer said, turn by turn, and what is known of the case."""
        return (*self.context.said_by("customer"), *self.context.known)

    @cached_property
    def agent_texts(self) -> tuple[str, ...]:
        """What the trainee said before, turn by turn."""
        return tuple(self.context.said_by("agent"))

    @cached_property
    def customer_text(self) -> str:
        """Everything the customer said, with what is known of the case."""
        return " ".join(self.customer_texts)

    @cached_property
    def last(self) -> str:
        """The customer's last message."""
        said = self.context.said_by("customer")
        return said[-1] if said else ""

    @cached_property
    def customer_words(self) -> str:
        """The customer's folded words, joined by single spaces."""
        return " ".join([word for text in self.customer_texts for word in folded_words(text)])

    @cached_property
    def customer_stems(self) -> frozenset[str]:
        """Content stems of the customer."""
        return frozenset().union(*map(content_stems, self.customer_texts))

    @cached_property
    def customer_grams(self) -> frozenset[str]:
        """Five-letter stretches of the customer's longer words, so that `Urlaubstag` takes up `Urlaub`."""
        return frozenset().union(*map(_content_grams, self.customer_texts))

    @cached_property
    def customer_numbers(self) -> frozenset[str]:
        """Numbers of the customer."""
        return frozenset().union(*map(numbers, self.customer_texts))

    @cached_property
    def agent_sentences(self) -> frozenset[str]:
        """Folded sentences the trainee has used before."""
        return frozenset().union(*map(_sentences, self.agent_texts))

    @cached_property
    def agent_asked(self) -> str:
        """Folded questions the trainee has asked before."""
        return " ".join(fold(text) for text in self.agent_texts if "?" in text or "nennen" in fold(text))

    @cached_property
    def earlier_apologies(self) -> int:
        """How often the trainee has said sorry before."""
        return len(_SORRY.findall(" ".join(map(fold, self.agent_texts))))

    @cached_property
    def features(self) -> dict[str, float]:
        """Features that are the same for all segments of the reply."""
        found = {f"channel={self.context.channel}": 0.5}
        found[f"agent_turns={min(len(self.agent_texts), 3)}"] = 0.5
        if self.earlier_apologies:
            found[f"sorry_before={min(self.earlier_apologies, 3)}"] = 0.5
        if "?" in self.last:
            found["customer_asks"] = 0.5
        if _GIVES_DATA.search(self.customer_text):
            found["customer_gave_number"] = 0.5
        length = len(words(self.last))
        found["last_short" if length < 12 else "last_long" if length > 40 else "last_mid"] = 0.5
        return found


_NAMED = re.compile(
    r"\b(Frau|Herrn?|Familie|[Nn]ame ist|[Ii]ch heiße|[Hh]ier ist|[Hh]ier spricht)((?:\s+(?:Dr\.|Prof\.|Doktor|Professor))*)\s+"
    r"([A-ZÄÖÜÇŞĐŁ][\w’'-]+(?:\s+(?:von|van|de|el|al)?\s?[A-ZÄÖÜÇŞĐŁ][\w’'-]+){0,2})"
)


@lru_cache(maxsize=4096)
def without_names(text: str) -> str:
    """Return a text with people's names made alike, so that nobody's name or origin moves a score."""
    return _NAMED.sub(r"\1\2 Name", text)


_FORMAL = {
    "du": "sie", "dich": "sie", "dir": "ihnen", "dein": "ihr", "deine": "ihre", "deinen": "ihren", "deinem": "ihrem", "deiner": "ihrer",
    "deines": "ihres", "hast": "haben", "bist": "sind", "kannst": "konnen", "willst": "wollen", "mochtest": "mochten",
    "brauchst": "brauchen", "musst": "mussen", "wirst": "werden", "warst": "waren", "hattest": "hatten", "siehst": "sehen",
    "weisst": "wissen", "darfst": "durfen", "sollst": "sollen", "wurdest": "wurden", "bekommst": "bekommen", "konntest": "konnten",
}  # fmt: skip
"""Folded words of the familiar address -> of the formal one: which of the two a channel has must not move a score."""


def tokens_of(text: str) -> list[str]:
    """Return the folded words, numbers (as many # as digits) and marks of a text; names and forms of address are all the same."""
    return ["#" * len(t) if t.isdigit() else _FORMAL.get(t, t) for t in _TOKEN.findall(fold(without_names(text)))]


def token_grams(token: str, shortest: int, longest: int) -> list[str]:
    """Return a token and its character n-grams with word borders, each as often as it occurs."""
    padded = f" {token} "
    size = len(padded)
    return ["w:" + token] + [padded[i : i + n] for n in range(shortest, longest + 1) for i in range(max(size - n + 1, 0))]


def _trigrams(token: str) -> list[str]:
    padded = f" {token} "
    return [padded[i : i + 3] for i in range(len(padded) - 2)]


def _pairs(tokens: Sequence[str]) -> list[str]:
    """Return the word bigrams of a text, its borders included."""
    return [f"b:{first} {second}" for first, second in zip(["^", *tokens], [*tokens, "$"], strict=True)]


def surface(tokens: Sequence[str], shortest: int, longest: int) -> list[str]:
    """Return character n-grams (with word borders) and word uni- and bigrams, each as often as it occurs.

    Args:
        tokens: of a segment.
        shortest: shortest character n-gram.
        longest: longest character n-gram.
    """
    return [gram for token in tokens for gram in token_grams(token, shortest, longest)] + _pairs(tokens)


class Around(NamedTuple):
    """The words around a segment: irony, an "aber", a solution that follows hurt or warm a sentence.

    Attributes:
        before: words of the segment before it; `^` where there is none.
        after: words of the segment after it; `$` where there is none.
        elsewhere: words anywhere else in the reply.
    """

    before: Collection[str] = ()
    after: Collection[str] = ()
    elsewhere: Collection[str] = ()

    def features(self) -> dict[str, float]:
        """Return the words as features."""
        return {prefix + word: weight for (prefix, weight), found in zip(_AROUND, self, strict=True) for word in found}


_AROUND = (("c:p:", 0.5), ("c:n:", 0.5), ("c:r:", 0.35))
"""How features of `Around` begin, and their weights beside other context features (1.0)."""


def neighbours(texts: Sequence[str]) -> list[Around]:
    """Return for each segment of a reply what stands around it."""
    said = [dict.fromkeys([_FORMAL.get(word, word) for word in folded_words(without_names(text))]) for text in texts]
    often = Counter(chain.from_iterable(said))
    return [
        Around(
            said[i - 1] if i else ("^",),
            said[i + 1] if i + 1 < len(said) else ("$",),
            [word for word, count in often.items() if count > (word in own)],
        )
        for i, own in enumerate(said)
    ]


def context_features(text: str, position: int, count: int, facts: ContextFacts, times: Sequence[str] = ()) -> dict[str, float]:
    """Return features of a segment's relation to its context.

    Args:
        text: the segment.
        position: its index in the reply, from 0.
        count: number of segments of the reply.
        facts: of the context.
        times: precisions of the times it names.
    """
    found = dict(facts.features)
    found |= {f"time={precision}": 1.0 for precision in times}
    plain = without_names(text)
    stems = content_stems(plain)
    shared = stems & facts.customer_stems
    named = numbers(text)
    content = content_words(plain)
    near = len([word for word in content if not facts.customer_grams.isdisjoint(_grams(word))])
    if stems:
        found["shared_share"] = len(shared) / len(stems)
        found["near_share"] = near / len(content)
    found[f"near={min(near, 4)}"] = 1.0
    found[f"shared={min(len(shared), 4)}"] = 1.0
    right = named & facts.customer_numbers
    found[f"shared_numbers={min(len(right), 2)}"] = 1.0
    if named - right:
        found["new_numbers"] = 1.0
    question = "?" in text
    if question:
        found["question"] = 1.0
    folded = fold(text)
    if _ASKS_DATA.search(folded):
        found["asks_data"] = 1.0
        if "customer_gave_number" in found:
            found["asks_data_given"] = 1.0
        if any(word in facts.agent_asked for word in _ASKS_DATA.findall(folded)):
            found["asks_data_again"] = 1.0
    sentence = " ".join(words(folded))
    if sentence in facts.agent_sentences:
        found["said_before"] = 1.0
    if len(sentence) > 12 and sentence in facts.customer_words:
        found["quotes_customer"] = 1.0
    found |= {"first": 1.0} if position == 0 else {}
    found |= {"last": 1.0} if position == count - 1 else {}
    found[f"count={min(count, 5)}"] = 0.5
    if _EMOJI.search(text):
        found["emoji"] = 1.0
    if english_share(text) > 0.25:
        found["english"] = 1.0
    size = len(words(text))
    found[f"length={min(size // 4, 5)}"] = 0.5
    return {"c:" + name: value for name, value in found.items()}


class _Token(NamedTuple):
    """What a vectorizer knows of a token.

    Attributes:
        columns: of its n-grams, each as often as it occurs.
        known: how many of its character trigrams occur in the training data.
        trigrams: how many it has; none where it is no word.
    """

    columns: npt.NDArray[np.int32]
    known: int
    trigrams: int


Row = tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]
"""Columns and values of a sparse row."""


@dataclass(frozen=True)
class Vectorizer:
    """Turns features into sparse rows: tf-idf of the surface (unit length) next to the context features.

    Attributes:
        index: feature -> column.
        idf: inverse document frequency of each column, 1.0 for context features.
        shortest, longest: range of the character n-grams.
        context_weight: weight of context features beside the surface's unit length.
    """

    index: dict[str, int]
    idf: list[float]
    shortest: int
    longest: int
    context_weight: float
    spelling: Spelling = field(default_factory=lambda: Spelling(()))

    @cached_property
    def tokens(self) -> Callable[[str], tuple[str, ...]]:
        """Function: text -> its tokens with typing errors put right."""

        @lru_cache(maxsize=4096)
        def tokens(text: str) -> tuple[str, ...]:
            return tuple(map(self.spelling.correct, tokens_of(text)))

        return tokens

    @classmethod
    def fit(
        cls,
        rows: Iterable[tuple[str, dict[str, float]]],
        *,
        shortest: int,
        longest: int,
        context_weight: float,
        min_count: int,
    ) -> "Vectorizer":
        """Learn columns from training rows; features in fewer than `min_count` rows are dropped."""
        rows = list(rows)
        spelling = Spelling.learn((token for text, _ in rows for token in tokens_of(text)), min_count)
        frequency: Counter[str] = Counter()
        for text, context in rows:
            frequency.update(set(surface([spelling.correct(token) for token in tokens_of(text)], shortest, longest)))
            frequency.update(context.keys())
        total = len(rows)
        kept = sorted(feature for feature, count in frequency.items() if count >= min_count)
        idf = [1.0 if feature.startswith("c:") else log((1 + total) / (1 + frequency[feature])) + 1.0 for feature in kept]
        return cls({feature: i for i, feature in enumerate(kept)}, idf, shortest, longest, context_weight, spelling)

    @cached_property
    def _idf(self) -> npt.NDArray[np.float32]:
        return np.asarray(self.idf, dtype=np.float32)

    @cached_property
    def _token(self) -> Callable[[str], _Token]:
        """Function: token -> what is known of it; words recur, so most are looked up once."""

        @lru_cache(maxsize=65536)
        def looked_up(token: str) -> _Token:
            found = map(self.index.get, token_grams(token, self.shortest, self.longest))
            columns = np.array([column for column in found if column is not None], dtype=np.int32)
            trigrams = set(_trigrams(token)) if token.isalpha() else set()
            return _Token(columns, sum(gram in self.index for gram in trigrams), len(trigrams))

        return looked_up

    def surface_row(self, text: str) -> Row:
        """Return columns and values of a text's surface, scaled to unit length."""
        tokens = self.tokens(text)
        pairs = [column for pair in _pairs(tokens) if (column := self.index.get(pair)) is not None]
        every = np.concatenate([*[self._token(token).columns for token in tokens], np.array(pairs, dtype=np.int32)])
        columns, counts = _counted(every)
        values = (np.float32(1.0) + np.log(counts.astype(np.float32))) * self._idf[columns]
        norm = float(np.sqrt(values @ values))
        return columns, (values / np.float32(norm) if norm else values)

    @cached_property
    def _around(self) -> Callable[[str], tuple[int | None, ...]]:
        """Function: word -> its columns at the places of `Around`."""

        @lru_cache(maxsize=65536)
        def columns(word: str) -> tuple[int | None, ...]:
            return tuple(self.index.get(prefix + word) for prefix, _ in _AROUND)

        return columns

    def row(self, surface_row: Row, context: dict[str, float], around: Around | None = None) -> Row:
        """Return a surface row with the context features beside it, and those of the words around where they are not among them."""
        known = {column: weight for feature, weight in context.items() if (column := self.index.get(feature)) is not None}
        for place, found in enumerate(around or ()):
            columns = [column for word in found if (column := self._around(word)[place]) is not None]
            known |= dict.fromkeys(columns, _AROUND[place][1])
        values = np.fromiter(known.values(), np.float64, len(known)) * self.context_weight
        return (
            np.concatenate([surface_row[0], np.fromiter(known, np.int32, len(known))]),
            np.concatenate([surface_row[1], values.astype(np.float32)]),
        )

    def known_share(self, text: str) -> float:
        """Return the share (0..1) of character trigrams that occur in the training data: low for gibberish."""
        found = [self._token(token) for token in set(self.tokens(text))]
        total = sum([token.trigrams for token in found])
        return sum([token.known for token in found]) / total if total else 1.0


def _counted(columns: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.intp]]:
    """Return the columns, each once and in order, and how often each occurs; sorts in place and does what `np.unique` does sooner."""
    columns.sort()
    fresh = np.ones(len(columns), dtype=np.bool_)
    np.not_equal(columns[1:], columns[:-1], out=fresh[1:])
    (starts,) = fresh.nonzero()
    counts = np.empty_like(starts)
    counts[:-1] = starts[1:] - starts[:-1]
    counts[-1:] = len(columns) - starts[-1:]
    return columns[starts], counts


def stacked(rows: Sequence[Row], width: int) -> csr_matrix:
    """Return rows as one sparse matrix with `width` columns."""
    pointers = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    columns = np.concatenate([np.empty(0, dtype=np.int32), *(columns for columns, _ in rows)])
    values = np.concatenate([np.empty(0, dtype=np.float32), *(values for _, values in rows)])
    return csr_matrix((values, columns, pointers), shape=(len(rows), width))
