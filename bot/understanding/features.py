"""Features of a segment in its context: what the heads of the model see.

A feature is a string with a weight. Surface features (character and word n-grams of folded text) forgive typos and
missing umlauts; context features say how the segment relates to what the customer said, what was asked before and
where in the reply it stands.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from math import log

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from bot.understanding.reading import Context
from bot.understanding.spelling import Spelling
from bot.understanding.text import content_stems, english_share, fold, folded_words, is_content, numbers, words

_TOKEN = re.compile(r"[^\W\d_]+|\d+|[?!…]|[^\w\s]")
_EMOJI = re.compile(r"[\U0001F300-\U0001FAFF☀-➿]|[:;]-?[)D(]")
_GIVES_DATA = re.compile(r"\d{3,}|\d[\d ./-]{3,}\d")
_ASKS_DATA = re.compile(
    r"(kundennummer|kundennr|vorgangsnummer|ticketnummer|vertragsnummer|rechnungsnummer|bestellnummer|auftragsnummer|nummer|name\b|namen|heissen|anschrift|adresse|geburts|kennwort|mail|plz|postleitzahl)"
)


@lru_cache(maxsize=65536)
def _grams(word: str) -> frozenset[str]:
    return frozenset(word[i : i + 5] for i in range(len(word) - 4))


@dataclass(frozen=True)
class ContextFacts:
    """What the features need of a context, computed once per reply."""

    context: Context

    @cached_property
    def customer_text(self) -> str:
        """Everything the customer said, with what is known of the case."""
        return " ".join([*self.context.said_by("customer"), *self.context.known])

    @cached_property
    def last(self) -> str:
        """The customer's last message."""
        said = self.context.said_by("customer")
        return said[-1] if said else ""

    @cached_property
    def customer_words(self) -> str:
        """The customer's folded words, joined by single spaces."""
        return " ".join(words(fold(self.customer_text)))

    @cached_property
    def customer_stems(self) -> frozenset[str]:
        """Content stems of the customer."""
        return content_stems(self.customer_text)

    @cached_property
    def customer_grams(self) -> set[str]:
        """Five-letter stretches of the customer's longer words, so that `Urlaubstag` takes up `Urlaub`."""
        return set().union(*(_grams(fold(word)) for word in words(self.customer_text) if is_content(word)))

    @cached_property
    def customer_numbers(self) -> frozenset[str]:
        """Numbers of the customer."""
        return numbers(self.customer_text)

    @cached_property
    def agent_sentences(self) -> Counter[str]:
        """Folded sentences the trainee has used before."""
        said = " . ".join(self.context.said_by("agent"))
        return Counter(s for part in re.split(r"[.!?\n–,]", said) if len(s := " ".join(words(fold(part)))) > 8)

    @cached_property
    def agent_asked(self) -> str:
        """Folded questions the trainee has asked before."""
        return " ".join(fold(text) for text in self.context.said_by("agent") if "?" in text or "nennen" in fold(text))

    @cached_property
    def earlier_apologies(self) -> int:
        """How often the trainee has said sorry before."""
        said = fold(" ".join(self.context.said_by("agent")))
        return len(re.findall(r"tut mir|tut uns|leid\b|entschuldig|verzeih|bedau|sorry", said))

    @cached_property
    def features(self) -> dict[str, float]:
        """Features that are the same for all segments of the reply."""
        found = {f"channel={self.context.channel}": 0.5}
        agent_turns = len(self.context.said_by("agent"))
        found[f"agent_turns={min(agent_turns, 3)}"] = 0.5
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


def neighbours(texts: Sequence[str]) -> list[dict[str, float]]:
    """Return for each segment of a reply features of its neighbours: words before, words after, words anywhere else.

    A sentence hurts or warms by what stands around it: irony, an "aber", a solution that follows.
    """
    said = [frozenset(_FORMAL.get(word, word) for word in folded_words(without_names(text))) for text in texts]
    often = Counter(word for found in said for word in found)
    rows = []
    for i, own in enumerate(said):
        row = {f"c:p:{word}": _NEXT for word in (said[i - 1] if i else ("^",))}
        row |= {f"c:n:{word}": _NEXT for word in (said[i + 1] if i + 1 < len(said) else ("$",))}
        row |= {f"c:r:{word}": _ELSEWHERE for word, count in often.items() if count > (word in own)}
        rows.append(row)
    return rows


_NEXT, _ELSEWHERE = 0.5, 0.35
"""Weights of neighbouring words beside other context features (1.0)."""


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
    content = {fold(word) for word in words(plain) if is_content(word)}
    near = sum(not facts.customer_grams.isdisjoint(_grams(word)) for word in content)
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
    if facts.agent_sentences.get(sentence):
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

    def tokens(self, text: str) -> list[str]:
        """Return the tokens of a text with typing errors put right."""
        return [self.spelling.correct(token) for token in tokens_of(text)]

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
    def _token_columns(self) -> Callable[[str], npt.NDArray[np.int32]]:
        """Columns of a token's n-grams; words recur, so most are looked up once."""

        @lru_cache(maxsize=65536)
        def columns(token: str) -> npt.NDArray[np.int32]:
            found = (self.index.get(gram) for gram in token_grams(token, self.shortest, self.longest))
            return np.array([column for column in found if column is not None], dtype=np.int32)

        return columns

    def surface_row(self, text: str) -> Row:
        """Return columns and values of a text's surface, scaled to unit length."""
        tokens = self.tokens(text)
        pairs = [column for pair in _pairs(tokens) if (column := self.index.get(pair)) is not None]
        every = np.concatenate([*map(self._token_columns, tokens), np.array(pairs, dtype=np.int32)])
        columns, counts = np.unique(every, return_counts=True)
        values = (1.0 + np.log(counts, dtype=np.float32)) * self._idf[columns]
        norm = float(np.sqrt(values @ values))
        return columns, (values / np.float32(norm) if norm else values)

    def row(self, surface_row: Row, context: dict[str, float]) -> Row:
        """Return a surface row with the context features beside it."""
        known = [(column, weight) for feature, weight in context.items() if (column := self.index.get(feature)) is not None]
        columns = np.array([column for column, _ in known], dtype=np.int32)
        values = np.array([weight * self.context_weight for _, weight in known], dtype=np.float32)
        return np.concatenate([surface_row[0], columns]), np.concatenate([surface_row[1], values])

    @cached_property
    def _trigrams(self) -> Callable[[str], tuple[int, int]]:
        @lru_cache(maxsize=65536)
        def share(token: str) -> tuple[int, int]:
            if not token.isalpha():
                return 0, 0
            padded = f" {token} "
            grams = {padded[i : i + 3] for i in range(len(padded) - 2)}
            return sum(gram in self.index for gram in grams), len(grams)

        return share

    def known_share(self, text: str) -> float:
        """Return the share (0..1) of character trigrams that occur in the training data: low for gibberish."""
        counts = [self._trigrams(token) for token in set(self.tokens(text))]
        total = sum(count for _, count in counts)
        return sum(known for known, _ in counts) / total if total else 1.0


def stacked(rows: Sequence[Row], width: int) -> csr_matrix:
    """Return rows as one sparse matrix with `width` columns."""
    pointers = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    columns = np.concatenate([np.empty(0, dtype=np.int32), *(columns for columns, _ in rows)])
    values = np.concatenate([np.empty(0, dtype=np.float32), *(values for _, values in rows)])
    return csr_matrix((values, columns, pointers), shape=(len(rows), width))
