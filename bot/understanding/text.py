"""Plain text helpers of the understanding: folding, words, stems, numbers."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import snowballstemmer
from num2words import num2words
from spacy.lang.de.stop_words import STOP_WORDS as GERMAN_STOP_WORDS
from spacy.lang.en.stop_words import STOP_WORDS as ENGLISH_STOP_WORDS

_STEMMER = snowballstemmer.stemmer("german")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_DIGITS = re.compile(r"\d+(?:[.,:]\d+)*")
_FOLDS = (("ä", "a"), ("ö", "o"), ("ü", "u"), ("ß", "ss"), ("ae", "a"), ("oe", "o"), ("ue", "u"))


@lru_cache(maxsize=16384)
def fold(text: str) -> str:
    """Return lower-case text in which ä, ae and a are the same letter, so that a missing umlaut costs nothing."""
    folded = unicodedata.normalize("NFC", text).lower()
    for letter, plain in _FOLDS:
        folded = folded.replace(letter, plain)
    return folded


@lru_cache(maxsize=8192)
def folded_words(text: str) -> tuple[str, ...]:
    """Return the folded words of a text."""
    return words(fold(text))


@lru_cache(maxsize=8192)
def words(text: str) -> tuple[str, ...]:
    """Return the words of a text, without numbers and punctuation, as written."""
    return tuple(_WORD.findall(text))


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Return the folded Snowball stem of a word, with the participle's ge- taken off (gewartet, warten -> wart)."""
    stemmed = fold(_STEMMER.stemWord(word.lower()))
    if stemmed.startswith("ge") and len(stemmed) > 5:
        stemmed = stemmed[2:].removesuffix("t")
    return stemmed


_STOPS = frozenset(fold(word) for word in GERMAN_STOP_WORDS) | frozenset(
    [
        "bitte",
        "danke",
        "hallo",
        "guten",
        "tag",
        "ja",
        "nein",
        "doch",
        "mal",
        "noch",
        "schon",
        "einfach",
        "gern",
        "gerne",
        "frau",
        "herr",
        "okay",
        "ok",
    ]
)


@lru_cache(maxsize=65536)
def is_content(word: str) -> bool:
    """Tell whether a word carries content of its own: no function word, no courtesy, four letters or more."""
    return len(word) > 3 and fold(word) not in _STOPS


class _Word(NamedTuple):
    """What is asked of a word again and again, looked up at once.

    Attributes:
        content: the word folded; empty for a function word.
        stem: of a content word; empty for any other.
        number: in digits; empty for a word that names none, and for short ones.
        english: whether it is an English function word and no German one.
    """

    content: str
    stem: str
    number: str
    english: bool


@lru_cache(maxsize=65536)
def _word(word: str) -> _Word:
    content = is_content(word)
    number = number_of(word) if len(word) > 2 else ""
    return _Word(fold(word) if content else "", stem(word) if content else "", number, word.lower() in _ENGLISH_ONLY)


@lru_cache(maxsize=8192)
def _looked_up(text: str) -> tuple[_Word, ...]:
    return tuple(map(_word, words(text)))


def content_words(text: str) -> frozenset[str]:
    """Return the folded content words of a text."""
    return frozenset([word.content for word in _looked_up(text)]) - {""}


@lru_cache(maxsize=8192)
def content_stems(text: str) -> frozenset[str]:
    """Return the stems of a text's content words."""
    return frozenset([word.stem for word in _looked_up(text)]) - {""}


def _number_words() -> dict[str, str]:
    table: dict[str, str] = {}
    for number in range(2, 1000):
        table[fold(num2words(number, lang="de"))] = str(number)
    table |= {"zwo": "2", "beide": "2", "beiden": "2", "zweimal": "2", "dreimal": "3", "viermal": "4", "funfmal": "5"}
    return table


_NUMBER_WORDS = _number_words()
_FRACTIONS = {
    "viertelstunde": "15",
    "halbstunde": "30",
    "dreiviertelstunde": "45",
    "anderthalb": "1,5",
    "eineinhalb": "1,5",
}


@lru_cache(maxsize=65536)
def number_of(token: str) -> str:
    """Return the number one word or digit string names, in digits; empty when it names none."""
    if token[0].isdigit():
        return _plain(token.rstrip(".,:"))
    folded = fold(token)
    return _NUMBER_WORDS.get(folded) or _FRACTIONS.get(folded, "")


@lru_cache(maxsize=8192)
def numbers(text: str) -> frozenset[str]:
    """Return the numbers a text names, in digits: `fünfunddreißig` and `35` are the same.

    Args:
        text: any German text. Amounts keep their decimals (`89,90`), a trailing `,00` goes; clock times stay as written.

    Returns:
        The numbers as strings; the article "ein" is none.
    """
    return frozenset([*map(number_of, _DIGITS.findall(text)), *[word.number for word in _looked_up(text)]]) - {""}


def _plain(digits: str) -> str:
    digits = re.sub(r"(?<=\d)\.(?=\d{3}(?!\d))", "", digits)
    return re.sub(r"[,.]00$", "", digits)


def word_number(word: str) -> int | None:
    """Return the whole number a German word or digit string names, or None."""
    folded = fold(word)
    if folded.isdigit():
        return int(folded)
    if folded in {"ein", "eins", "eine", "einen", "einer", "einem"}:
        return 1
    value = _NUMBER_WORDS.get(folded)
    return int(value) if value else None


_ENGLISH_ONLY = frozenset(ENGLISH_STOP_WORDS) - frozenset(GERMAN_STOP_WORDS)


def english_share(text: str) -> float:
    """Return the share (0..1) of words that are English function words and not German ones."""
    found = _looked_up(text)
    return len([word for word in found if word.english]) / len(found) if found else 0.0
