"""Typing errors put right before a sentence is read, so that a slip of the finger costs nothing.

Known words are indexed by what is left when one letter is taken away (symmetric delete, Garbe 2012); a word that is not
known is read as the known word it comes nearest to by one letter too many, too few, wrong or swapped.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

_SHORTEST = 5
"""Letters from which a word is put right; shorter ones have too many neighbours."""


@dataclass(frozen=True)
class Spelling:
    """Words that are known, most frequent first.

    Attributes:
        known: folded words.
    """

    known: tuple[str, ...]

    @classmethod
    def learn(cls, words: Iterable[str], least: int) -> "Spelling":
        """Learn from folded words; those that occur fewer than `least` times may be typos themselves."""
        counts: dict[str, int] = {}
        for word in words:
            if word.isalpha():
                counts[word] = counts.get(word, 0) + 1
        kept = [word for word, count in counts.items() if count >= least]
        return cls(tuple(sorted(kept, key=lambda word: (-counts[word], word))))

    @cached_property
    def _rank(self) -> dict[str, int]:
        return {word: rank for rank, word in enumerate(self.known)}

    @cached_property
    def _shortened(self) -> dict[str, int]:
        """What is left of a known word without one letter -> rank of the most frequent such word."""
        index: dict[str, int] = {}
        for rank, word in enumerate(self.known):
            if len(word) >= _SHORTEST:
                for i in range(len(word)):
                    index.setdefault(word[:i] + word[i + 1 :], rank)
        return index

    @cached_property
    def correct(self) -> Callable[[str], str]:
        """Function: folded word -> the known word it was meant to be, or the word itself."""

        @lru_cache(maxsize=65536)
        def correct(word: str) -> str:
            if len(word) < _SHORTEST or word in self._rank or not word.isalpha():
                return word
            parts = [word[:i] + word[i + 1 :] for i in range(len(word))]
            found = [self._shortened.get(word)]  # a letter is missing
            found += [self._rank.get(part) for part in parts]  # a letter too many
            found += [self._shortened.get(part) for part in parts]  # a wrong letter, or two swapped
            ranks = [rank for rank in found if rank is not None and self._fits(word, self.known[rank])]
            return self.known[min(ranks)] if ranks else word

        return correct

    @staticmethod
    def _fits(word: str, known: str) -> bool:
        """Tell whether a known word is near: the same first letter, and no more than its ending is at stake."""
        return word[0] == known[0] and abs(len(word) - len(known)) <= 1 and len(known) >= _SHORTEST
