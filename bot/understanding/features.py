"""Features of a segment in its context: what the heads of the model see.

A feature is a string with a weight. Surface features (character and word n-grams of folded text) forgive typos and
missing umlauts; context features say how the segment relates to what the customer said, what was asked before and
where in the reply it stands.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log, sqrt

from bot.understanding.reading import Context
from bot.understanding.text import content_stems, english_share, fold, numbers, words

_TOKEN = re.compile(r"[^\W\d_]+|\d+|[?!…]|[^\w\s]")
_EMOJI = re.compile(r"[\U0001F300-\U0001FAFF☀-➿]|[:;]-?[)D(]")
_GIVES_DATA = re.compile(r"\d{3,}|\d[\d ./-]{3,}\d")
_ASKS_DATA = re.compile(
    r"(kundennummer|kundennr|vorgangsnummer|ticketnummer|vertragsnummer|rechnungsnummer|bestellnummer|auftragsnummer|nummer|name\b|namen|heissen|anschrift|adresse|geburts|kennwort|mail|plz|postleitzahl)"
)


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
    def customer_stems(self) -> set[str]:
        """Content stems of the customer."""
        return content_stems(self.customer_text)

    @cached_property
    def customer_numbers(self) -> set[str]:
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


def surface(text: str, shortest: int, longest: int) -> Counter[str]:
    """Return counts of character n-grams (with word borders) and word uni- and bigrams of a text.

    Args:
        text: the segment.
        shortest: shortest character n-gram.
        longest: longest character n-gram.
    """
    tokens = ["#" * len(t) if t.isdigit() else t for t in _TOKEN.findall(fold(text))]
    counts: Counter[str] = Counter()
    for token in tokens:
        counts["w:" + token] += 1
        padded = f" {token} "
        size = len(padded)
        for n in range(shortest, longest + 1):
            for i in range(max(size - n + 1, 0)):
                counts[padded[i : i + n]] += 1
    for first, second in zip(["^", *tokens], [*tokens, "$"], strict=True):
        counts[f"b:{first} {second}"] += 1
    return counts


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
    stems = content_stems(text)
    shared = stems & facts.customer_stems
    named = numbers(text)
    if stems:
        found["shared_share"] = len(shared) / len(stems)
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


Row = tuple[list[int], list[float]]
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

    @classmethod
    def fit(
        cls,
        rows: Iterable[tuple[Counter[str], dict[str, float]]],
        *,
        shortest: int,
        longest: int,
        context_weight: float,
        min_count: int,
    ) -> "Vectorizer":
        """Learn columns from training rows; features in fewer than `min_count` rows are dropped."""
        frequency: Counter[str] = Counter()
        total = 0
        for grams, context in rows:
            frequency.update(grams.keys())
            frequency.update(context.keys())
            total += 1
        kept = sorted(feature for feature, count in frequency.items() if count >= min_count)
        idf = [1.0 if feature.startswith("c:") else log((1 + total) / (1 + frequency[feature])) + 1.0 for feature in kept]
        return cls({feature: i for i, feature in enumerate(kept)}, idf, shortest, longest, context_weight)

    def surface_row(self, grams: Counter[str]) -> Row:
        """Return columns and values of a text's surface, scaled to unit length."""
        index, idf = self.index, self.idf
        columns, values = [], []
        norm = 0.0
        for feature, count in grams.items():
            column = index.get(feature)
            if column is not None:
                value = (1.0 + log(count)) * idf[column] if count > 1 else idf[column]
                columns.append(column)
                values.append(value)
                norm += value * value
        scale = 1.0 / sqrt(norm) if norm else 0.0
        return columns, [value * scale for value in values]

    def row(self, surface_row: Row, context: dict[str, float]) -> Row:
        """Return a surface row with the context features beside it."""
        columns, values = list(surface_row[0]), list(surface_row[1])
        for feature, weight in context.items():
            column = self.index.get(feature)
            if column is not None:
                columns.append(column)
                values.append(weight * self.context_weight)
        return columns, values

    def known_share(self, grams: Counter[str]) -> float:
        """Return the share (0..1) of character trigrams that occur in the training data: low for gibberish."""
        trigrams = [gram for gram in grams if len(gram) == 3 and gram[1] != ":" and gram.strip().isalpha()]
        return sum(gram in self.index for gram in trigrams) / len(trigrams) if trigrams else 1.0
