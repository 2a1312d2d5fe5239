"""How a reply relates to what was said before: facts taken up, facts got wrong, sentences repeated."""

import re
from functools import lru_cache

from bot.understanding.features import ContextFacts
from bot.understanding.reading import Grounding
from bot.understanding.text import content_stems, fold, is_content, number_of, numbers, stem, words

_COUNTED = re.compile(r"([^\W_]*\d[\d.,:]*|[^\W\d_]+)\s+([^\W\d_]{4,})")
_LONG_NUMBER = re.compile(r"\d(?:[ ./-]?\d){3,}")
_ADDRESSED = re.compile(r"\b(?:Frau|Herrn?)\s+(?:Dr\.\s+|Prof\.\s+)?([A-ZÄÖÜ][\wäöüß-]+)")


def ground(
    text: str,
    facts: ContextFacts,
    times: list[tuple[int, int]],
    about_them: list[tuple[int, int]],
    courtesy: list[tuple[int, int]],
) -> Grounding:
    """Return the grounding of a reply.

    Args:
        text: the reply.
        facts: of its context.
        times: character ranges of times ahead; their numbers are no facts of the customer.
        about_them: character ranges that speak of what the customer lived through; only there is a number of another
            size a mistake and not simply another number.
        courtesy: character ranges of greetings and farewells; saying them again is no repetition.
    """
    masked = _mask(text, times)
    spoken = " … ".join(masked[start:end] for start, end in about_them)
    return Grounding(
        shared_numbers=tuple(sorted(numbers(text) & facts.customer_numbers)),
        wrong_numbers=tuple(dict.fromkeys(_wrong_counts(spoken, facts) + _wrong_digits(masked, facts))),
        wrong_names=tuple(_wrong_names(text, facts.context.customer_name, facts.customer_text)),
        shared_words=tuple(sorted(content_stems(text) & facts.customer_stems)),
        repeated=tuple(_repeated(_mask(text, courtesy), facts)),
    )


def _mask(text: str, ranges: list[tuple[int, int]]) -> str:
    for start, end in ranges:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


@lru_cache(maxsize=512)
def _counted(text: str) -> dict[str, set[str]]:
    """Return noun stem -> the numbers it is counted with ("35 Minuten" -> minut: 35)."""
    found: dict[str, set[str]] = {}
    for match in _COUNTED.finditer(text):
        value = number_of(match[1])
        if value and is_content(match[2]):
            found.setdefault(stem(match[2]), set()).add(value)
    return found


def _wrong_counts(text: str, facts: ContextFacts) -> list[tuple[str, str]]:
    """Return (said, right) for things counted differently: 25 minutes for 35; of money, only what looks misread."""
    wrong = []
    theirs = _counted(facts.customer_text)
    for noun, said in _counted(text).items():
        right = theirs.get(noun)
        if right and not said & facts.customer_numbers and len(right) <= 2:
            nearest = sorted(right)[0]
            wrong += [(s, nearest) for s in sorted(said) if noun != "euro" or _misread(s, nearest)]
    return wrong


def _misread(said: str, right: str) -> bool:
    return len(said) == len(right) and _distance(said, right) <= 2


def _wrong_digits(text: str, facts: ContextFacts) -> list[tuple[str, str]]:
    """Return (said, right) for long numbers of the customer with one or two wrong digits."""
    wrong = []
    known = [re.sub(r"\D", "", n) for n in _LONG_NUMBER.findall(facts.customer_text)]
    for match in _LONG_NUMBER.findall(text):
        digits = re.sub(r"\D", "", match)
        near = [k for k in known if k != digits and len(k) == len(digits) and _distance(k, digits) <= 2]
        if near and digits not in known:
            wrong.append((digits, near[0]))
    return wrong


def _distance(a: str, b: str) -> int:
    return sum(x != y for x, y in zip(a, b, strict=True))


def _wrong_names(text: str, name: str, customer_text: str) -> list[str]:
    if not name:
        return []
    right = {fold(part) for part in words(name)}
    return [
        found
        for found in _ADDRESSED.findall(text)
        if fold(found) not in right and fold(found) not in fold(customer_text) and not _introduces(text, found)
    ]


def _introduces(text: str, found: str) -> bool:
    """Tell whether a name is somebody the trainee speaks of ("meine Teamleiterin, Frau Opitz") and not the customer."""
    before = text[: text.index(found)]
    return not re.search(r"(?:^|[.!?,–-]\s*|\b(?:Tag|Hallo|Morgen|Abend|geehrte[r]?|Liebe[r]?|leid|danke|ja|nein|so)\W*)(?:Frau|Herrn?)\s+(?:Dr\.\s+)?$", before, re.IGNORECASE)  # fmt: skip


def _repeated(text: str, facts: ContextFacts) -> list[str]:
    seen = facts.agent_sentences
    found = []
    for part in re.split(r"[.!?\n–,]", text):
        sentence = " ".join(words(fold(part)))
        if len(sentence) > 25 and seen.get(sentence):
            found.append(part.strip())
    return found
