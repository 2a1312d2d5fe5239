"""How a reply relates to what was said before: facts taken up, facts got wrong, sentences repeated."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from bot.understanding.features import CLAUSE_END, ContextFacts
from bot.understanding.reading import Grounding
from bot.understanding.text import content_stems, fold, folded_words, is_content, number_of, numbers, stem, word_number, words

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
    lived_through = " … ".join(text[start:end] for start, end in about_them)
    return Grounding(
        shared_numbers=tuple(sorted(numbers(text) & facts.customer_numbers)),
        wrong_facts=tuple(dict.fromkeys(_wrong_counts(spoken, facts) + _wrong_digits(masked, facts) + _wrong_words(lived_through, facts))),
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
    wrong: list[tuple[str, str]] = []
    theirs = _counted(facts.customer_text)
    if not theirs:
        return wrong
    for noun, said in _counted(text).items():
        right = theirs.get(noun)
        if right and not said & facts.customer_numbers and len(right) <= 2:
            nearest = sorted(right)[0]
            wrong += [(s, nearest) for s in sorted(said) if noun != "euro" or _misread(s, nearest)]
    return wrong


_STREET = re.compile(
    r"\b[A-ZÄÖÜ][\wäöüß-]*(?:straße|strasse|str\.|allee|gasse)(?!\w)|\b[A-ZÄÖÜ][\wäöüß-]+er (?:Straße|Allee|Gasse|Platz|Weg)\b"
)
_WEEKDAY = re.compile(r"\b(?:Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonnabend|Sonntag)\b")
_STREET_CLUES = ("stra", "Stra", "str.", "llee", "asse", "Platz", "Weg")
_WEEKDAY_CLUES = ("tag", "Mittwoch", "Sonnabend")
"""No text without any of them names a street or a weekday."""
_SAME = {"Sonnabend": "Samstag"}


_OFTEN = re.compile(r"\b(\w+?)\s?[Mm]al\b")


def _repetitions(text: str) -> dict[int, str]:
    """Return how often something is said to have happened ("dreimal" -> 3), with the words; once is not counted."""
    found: dict[int, str] = {}
    if "mal" not in text and "Mal" not in text:
        return found
    for match in _OFTEN.finditer(text):
        count = word_number(match[1])
        if count and count > 1:
            found[count] = match[0]
    return found


def _wrong_words(text: str, facts: ContextFacts) -> list[tuple[str, str]]:
    """Return (said, right) for repetitions, streets and weekdays: the customer named one, the trainee another.

    A weekday in a question restates nothing: it may be the one that is asked for or proposed.
    """
    wrong = []
    often = _repetitions(facts.customer_text)
    if 0 < len(often) <= 2:
        wrong += [(said, next(iter(often.values()))) for count, said in _repetitions(text).items() if count not in often]
    spoken = " ".join([facts.customer_text, *facts.agent_texts])
    for kind, clues in ((_STREET, _STREET_CLUES), (_WEEKDAY, _WEEKDAY_CLUES)):
        if not any(clue in facts.customer_text for clue in clues):
            continue
        theirs = dict.fromkeys(_SAME.get(word, word) for word in kind.findall(facts.customer_text))
        if not theirs or len(theirs) > 2:
            continue
        source = " ".join(part for part in text.split("…") if "?" not in part) if kind is _WEEKDAY else text
        said = dict.fromkeys(_SAME.get(word, word) for word in kind.findall(source))
        wrong += [(word, next(iter(theirs))) for word in said if word not in theirs and word not in spoken]
    return wrong


_PROMISES = re.compile(
    r"\b(?:komm\w*|ruf\w*|meld\w*|schick\w*|liefer\w*|buch\w*|überweis\w*|erledig\w*|bring\w*|repar\w*|bekomm\w*|wird|werde\w*)\b",
    re.IGNORECASE,
)
_CHANGED = re.compile(
    r"\b(?:verschieb\w*|verschoben|statt|anders als|korrigier\w*|berichtig\w*|geändert|doch erst|leider|neuer? Termin|verleg\w*|früher|schon)\b",
    re.IGNORECASE,
)


_BROKEN = re.compile(
    r"\b(?:keiner|niemand|nichts? (?:da|passiert|gekommen)|nix|gewartet|umsonst|vergeblich|war gestern|gestern war|immer noch|nicht gekommen|nicht da)\b",
    re.IGNORECASE,
)
"""The customer says that a promise was not kept; a new time is then no contradiction."""


def contradictions(
    promises: Sequence[tuple[str, str]], facts: ContextFacts, find: Callable[[str], Sequence[str]]
) -> tuple[tuple[str, str], ...]:
    """Return (earlier time, new time) for things promised before for a time that does not fit the new one.

    A change that the trainee names ("leider erst", "verschoben") is none, nor is a new promise after the customer has
    said that the old one was not kept.

    Args:
        promises: (sentence, time) of the reply.
        facts: of its context.
        find: returns the exact times of a text, as said.
    """
    found: list[tuple[str, str]] = []
    for sentence, new in promises:
        if _CHANGED.search(sentence) or sentence.rstrip().endswith("?"):
            continue
        for i, turn in enumerate(facts.context.turns):
            if turn.role != "agent":
                continue
            if _BROKEN.search(" ".join(t.text for t in facts.context.turns[i + 1 :] if t.role == "customer")):
                continue
            for part in re.split(r"(?<=[.!?])\s+", turn.text):
                if part.rstrip().endswith("?") or not _PROMISES.search(part) or not _matter(part) & _matter(sentence):
                    continue
                found += [(old, new) for old in find(part) if _clash(old, new)]
    return tuple(dict.fromkeys(found))


def _matter(text: str) -> frozenset[str]:
    """Return the content stems of a sentence without those of times: what it is about."""
    return content_stems(text) - _TIME_STEMS


_TIME_STEMS = frozenset(
    stem(word)
    for word in (
        *("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonnabend", "Sonntag", "heute", "morgen", "übermorgen"),
        *(
            "Minuten",
            "Stunde",
            "Stunden",
            "Tage",
            "Woche",
            "Uhr",
            "spätestens",
            "zwischen",
            "sofort",
            "gleich",
            "Januar",
            "Februar",
            "März",
        ),
        *("April", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember", "Vormittag", "Nachmittag", "Mittag", "Abend"),
    )
)
_DATES = re.compile(r"\b(\d{1,2})\.(?!\d)")
_HOURS = re.compile(r"\b(\d{1,2})(?:[:.](\d{2}))?\s*(?:uhr\b|$)")


def _clash(old: str, new: str) -> bool:
    """Tell whether two times said cannot both be meant: other days, or the same day and another hour."""
    days = [{_SAME.get(day, day) for day in _WEEKDAY.findall(text)} for text in (old, new)]
    near = [{word for word in ("heute", "morgen", "ubermorgen") if re.search(rf"\b{word}\b", fold(text))} for text in (old, new)]
    hours = [set(_HOURS.findall(fold(text))) for text in (old, new)]
    if all(days) and not days[0] & days[1]:
        return True
    if all(near) and not near[0] & near[1]:
        return True
    dates = [set(_DATES.findall(text)) for text in (old, new)]
    if all(dates) and not dates[0] & dates[1]:
        return True
    same_day = days[0] == days[1] and near[0] == near[1]
    return same_day and all(hours) and not hours[0] & hours[1]


def _misread(said: str, right: str) -> bool:
    return len(said) == len(right) and _distance(said, right) <= 2


def _wrong_digits(text: str, facts: ContextFacts) -> list[tuple[str, str]]:
    """Return (said, right) for long numbers of the customer with one or two wrong digits."""
    wrong: list[tuple[str, str]] = []
    if not facts.customer_numbers:
        return wrong
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
    found: list[str] = []
    if not seen:
        return found
    for part in CLAUSE_END.split(text):
        sentence = " ".join(folded_words(part))
        if len(sentence) > 25 and sentence in seen:
            found.append(part.strip())
    return found
