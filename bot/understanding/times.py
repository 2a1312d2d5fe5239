"""Times in German replies: found, joined and normalised ("morgen früh um zehn", "in zwei Stunden", "bis Freitag")."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Literal

from bot.understanding.reading import TimeMention
from bot.understanding.text import fold, word_number

Precision = Literal["minute", "part_of_day", "day", "week", "vague"]

_ONES = r"eins?|eine[mnrs]?|zwei|zwo|drei|vier|fünf|fuenf|sechs|sieben|acht|neun|zehn|elf|zwölf|zwoelf"
_HOUR = rf"(?:[01]?\d|2[0-4]|{_ONES}|dreizehn|vierzehn|fünfzehn|sechzehn|siebzehn|achtzehn|neunzehn|zwanzig)"
_COUNT = rf"(?:\d{{1,3}}|{_ONES}|dreizehn|vierzehn|fünfzehn|zwanzig|dreißig|dreissig|vierzig|fünfundvierzig|fünfzig|sechzig|neunzig|vierundzwanzig|achtundvierzig|paar|einigen?)"
_DAYS = ("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag")
_MONTHS = ("januar", "februar", "märz", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "dezember")  # fmt: skip
_PARTS = {"früh": 9, "morgen": 9, "vormittag": 12, "mittag": 13, "nachmittag": 17, "abend": 20, "nacht": 23}
_END_OF_DAY = time(18, 0)


@dataclass(frozen=True)
class _Atom:
    """A piece of a time expression with what it says."""

    start: int
    end: int
    text: str
    day: Callable[[date], date] | None = None
    clock: time | None = None
    part: str = ""
    minutes: int | None = None
    workdays: int | None = None
    precision: Precision = "day"
    kind: str = ""


def _clock(match: re.Match[str]) -> _Atom | None:
    groups = match.groupdict()
    hour = word_number(groups.get("to") or groups["hour"])
    if hour is None or hour > 24:
        return None
    minute = int(groups.get("minute") or 0)
    if minute > 59:
        return None
    shift = fold(groups.get("shift") or "")
    minute += {"viertel nach": 15, "kurz nach": 5, "dreiviertel": -15, "viertel vor": -15, "kurz vor": -5, "halb": -30}.get(shift, 0)
    total = (hour % 24) * 60 + minute
    return _Atom(match.start(), match.end(), match.group(), clock=time(total // 60 % 24, total % 60), precision="minute")


def _duration(match: re.Match[str]) -> _Atom | None:
    unit = fold(match["unit"])
    count = fold(match["count"])
    amount = {"halben": 0.5, "halbe": 0.5, "dreiviertel": 0.75, "viertel": 0.25, "paar": 3.0, "einigen": 3.0, "einige": 3.0, "anderthalb": 1.5, "eineinhalb": 1.5}.get(count)  # fmt: skip
    if amount is None:
        number = word_number(match["to"] or match["count"])
        if number is None:
            return None
        amount = float(number)
    for name, minutes in (("minute", 1), ("viertelstunde", 15), ("dreiviertelstunde", 45), ("stunde", 60), ("werktag", 1440), ("arbeitstag", 1440), ("tag", 1440), ("woche", 10080)):  # fmt: skip
        if unit.startswith(name):
            exact: Precision = "minute" if minutes < 1440 else "day" if minutes < 10080 else "week"
            workdays = int(amount) if name in {"werktag", "arbeitstag"} else None
            return _Atom(match.start(), match.end(), match.group(), minutes=int(amount * minutes), workdays=workdays, precision=exact)
    return None


def _weekday(match: re.Match[str]) -> _Atom:
    wanted = _DAYS.index(fold(match["day"]).replace("sonnabend", "samstag"))

    def on(today: date) -> date:
        return today + timedelta(days=(wanted - today.weekday() - 1) % 7 + 1)

    part = fold(match["part"] or "")
    return _Atom(
        match.start(), match.end(), match.group(), day=on, part=_part(part), precision="part_of_day" if part else "day", kind="weekday"
    )


def _part(word: str) -> str:
    for name in ("vormittag", "nachmittag", "mittag", "abend", "nacht"):
        if name in word:
            return name
    return "früh" if "fruh" in word else "morgen" if "morgen" in word else ""


def _relative_day(match: re.Match[str]) -> _Atom:
    offset = {"heut": 0, "morg": 1, "uber": 2}[fold(match["day"])[:4]]
    part = _part(fold(match["part"] or ""))
    return _Atom(
        match.start(), match.end(), match.group(), day=lambda today: today + timedelta(days=offset),
        part=part, precision="part_of_day" if part else "day", kind="relative",
    )  # fmt: skip


def _calendar_day(match: re.Match[str]) -> _Atom | None:
    number = int(match["number"])
    name = fold(match["month"] or "")
    month = next((i for i, m in enumerate(_MONTHS, 1) if name and fold(m).startswith(name[:3])), None)
    month = month or (int(match["digits"]) if match["digits"] else None)
    if not 1 <= number <= 31 or (month is not None and not 1 <= month <= 12):
        return None

    def on(today: date) -> date:
        year, chosen = today.year, month or today.month
        for _ in range(14):
            try:
                found = date(year, chosen, number)
            except ValueError:
                found = today - timedelta(days=1)
            if found >= today:
                return found
            if month is None:
                year, chosen = (year + 1, 1) if chosen == 12 else (year, chosen + 1)
            else:
                year += 1
        return today

    return _Atom(match.start(), match.end(), match.group(), day=on, kind="date")


def _week(match: re.Match[str]) -> _Atom:
    ahead = 1 if re.search(r"nächste|kommende|naechste", match.group(), re.IGNORECASE) else 0

    def on(today: date) -> date:
        return today + timedelta(days=(4 - today.weekday()) % 7 + 7 * ahead)

    return _Atom(match.start(), match.end(), match.group(), day=on, precision="week")


def _month_end(match: re.Match[str]) -> _Atom:
    def on(today: date) -> date:
        first = date(today.year + today.month // 12, today.month % 12 + 1, 1)
        return first - timedelta(days=1)

    return _Atom(match.start(), match.end(), match.group(), day=on)


def _day_part(match: re.Match[str]) -> _Atom:
    part = _part(fold(match.group())) or "nachmittag"
    return _Atom(match.start(), match.end(), match.group(), day=lambda today: today, part=part, precision="part_of_day")


def _vague(match: re.Match[str]) -> _Atom:
    return _Atom(match.start(), match.end(), match.group(), precision="vague")


_PART_WORD = r"früh(?:er)?|frueh|vormittags?|mittags?|nachmittags?|abends?|nachts?|morgens?"
_LEAD = r"(?:bis|spätestens|gegen|um|ab|vor|so gegen|schon|noch|bis spätestens|spätestens bis|bis spätestens um|bis zum|bis um)\s+"
_RULES: list[tuple[tuple[str, ...], re.Pattern[str], Callable[[re.Match[str]], _Atom | None]]] = [
    (clues, re.compile(pattern, re.IGNORECASE), build)
    for clues, pattern, build in (
        (("zwischen", "von"), rf"\b(?:zwischen|von)\s+(?P<hour>{_HOUR})(?:\s*uhr)?\s+(?:und|bis)\s+(?P<to>{_HOUR})(?:\s*uhr)?\b(?!\s*(?:minuten|stunden|tage|euro|werktage|wochen|%))", _clock),
        (("viertel", "kurz", "halb"), rf"\b(?P<shift>viertel nach|viertel vor|kurz nach|kurz vor|dreiviertel|halb)\s+(?P<hour>{_HOUR})\b(?!\s*(?:stunde|minute))", _clock),
        (("0:", "0."), r"\b(?P<hour>[01]?\d|2[0-4])[:.](?P<minute>[0-5]\d)(?:\s*uhr\b|\s*h\b|(?![.\d])(?<=:\d\d))", _clock),
        (("uhr",), rf"\b(?P<hour>{_HOUR})\s*uhr(?:\s+(?P<minute>[0-5]?\d)\b)?", _clock),
        (("um", "gegen", "bis"), rf"\b(?:um|gegen|bis spätestens|bis um)\s+(?P<hour>{_HOUR})\b(?:\s*uhr\b)?(?!\s*(?:minute|stunde|tag|euro|woche|prozent|cent|%|€|\.\s*\d|[:.]\d))", _clock),
        (("min", "stund", "std", "tag", "woche"), rf"\b(?:(?:in|innerhalb|binnen|nach)\s+(?:(?:von|den|der|einer|des|eines)\s+)?(?:(?:nächsten|kommenden)\s+)?|bis in\s+|nur\s+|noch\s+|in\s+etwa\s+|für\s+)?(?P<count>{_COUNT}|anderthalb|eineinhalb|halben?)(?:\s*(?:-|–|bis)\s*(?P<to>{_COUNT}))?\s*(?P<unit>minuten?|min\b|stunden?|std\b|viertelstunde|dreiviertelstunde|werktagen?|arbeitstagen?|tage?n?|wochen?)\b", _duration),
        (("stunde",), r"\b(?:in|innerhalb)\s+(?:einer\s+)?(?P<count>halben|dreiviertel|viertel)\s*(?P<to>)(?P<unit>stunde)\b", _duration),
        (("heut", "morgen"), rf"(?<!guten )(?<!schönen )\b(?P<day>heute?|morgen|übermorgen|uebermorgen)(?:\s+(?:noch|gleich|schon))?(?:\s+(?:am\s+)?(?P<part>{_PART_WORD}))?\b", _relative_day),
        (("tag", "mittwoch", "sonnabend"), rf"\b(?:am\s+)?(?:(?P<next>nächsten?|kommenden?|diesen)\s+)?(?P<day>montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag)s?(?:\s*(?P<part>{_PART_WORD}))?\b", _weekday),
        (("0.",), rf"\b(?:am|bis|zum|den|ab|der|dem|bis zum|vom)\s+(?P<number>\d{{1,2}})\.\s*(?:(?P<digits>\d{{1,2}})\.?(?:\s*(?:20)?\d\d\b)?|(?P<month>{'|'.join(_MONTHS)}|maerz)\b)?", _calendar_day),
        (("0.",), rf"\b(?P<number>\d{{1,2}})\.\s*(?:(?P<digits>\d{{1,2}})\.(?:20\d\d\b)?|(?P<month>{'|'.join(_MONTHS)}|maerz)\b)", _calendar_day),
        (("woche",), r"\b(?:noch\s+)?(?:(?:in\s+)?(?:dieser?|diese|nächste[rn]?|naechste[rn]?|kommende[rn]?|laufende[rn]?)\s+woche|ende\s+(?:der|nächster|dieser|kommender)\s+woche|zum wochenende|am wochenende)\b", _week),
        (("monat",), r"\b(?:bis\s+)?(?:zum\s+)?(?:monatsende|ende des monats|monatsletzten)\b", _month_end),
        (("feierabend", "mittag", "abend", "tages"), r"\b(?:(?:bis|zum|am|im laufe des)\s+)(?:feierabend|nachmittags?|vormittags?|abends?|tages)\b|\bbis\s+mittag\b", _day_part),
        (("zeitnah", "schnell", "bald", "demnächst", "kürze", "kuerze", "nächsten tage", "irgendwann", "gelegenheit", "asap", "kurzfristig"), r"\b(?:zeitnah|schnellstmöglich|schnellstmoeglich|baldmöglichst|baldigst|demnächst|in kürze|in kuerze|so schnell wie möglich|so bald wie möglich|die nächsten tage|in den nächsten tagen|irgendwann|bald|bei gelegenheit|asap|kurzfristig)\b", _vague),
    )
]  # fmt: skip
"""Each rule with its clues: what has none of them, read by `_plainly`, need not be looked at."""
_CLUES = sorted({clue for clues, _, _ in _RULES for clue in clues})
_GLUE = re.compile(
    r"^[\s,(]*(?:und\s+)?(?:bis|spätestens|gegen|um|ab|so|noch|also|dann|schon|zwischen)?[\s,(]*(?:spätestens|um|gegen)?\s*$", re.IGNORECASE
)
_LEADING = re.compile(r"(?:\b(?:bis|spätestens|gegen|um|ab|innerhalb|noch)\s+){1,3}(?:zum\s+|um\s+)?$", re.IGNORECASE)


def find_times(text: str, now: datetime | None) -> list[TimeMention]:
    """Return the times a reply names, joined ("morgen früh" + "um zehn") and normalised.

    Args:
        text: the reply.
        now: the conversation's clock; without it `at` stays None.

    Returns:
        The mentions in order of appearance.
    """
    plain = _plainly(text)
    seen = {clue for clue in _CLUES if clue in plain}
    rules = [(rule, build) for clues, rule, build in _RULES if not seen.isdisjoint(clues)]
    atoms = _without_overlaps([atom for rule, build in rules for m in rule.finditer(text) if (atom := build(m))])
    if not atoms or not _HINT.search(text):
        return []
    mentions = []
    joined = [_joined(group) for group in _groups(text, atoms)]
    for atom in _with_inherited_days(text, joined):
        lead = _LEADING.search(text[: atom.start])
        start = lead.start() if lead else atom.start
        at = _resolve(atom, now) if now else None
        said = text[start : atom.end].strip()
        start += len(text[start : atom.end]) - len(text[start : atom.end].lstrip())
        mentions.append(TimeMention(said, start, start + len(said), at, atom.minutes, atom.precision))
    return mentions


_DIGIT = re.compile(r"\d")


def _plainly(text: str) -> str:
    """Return a text in the small letters that patterns which ignore case take its letters for, with 0 for every digit."""
    return _DIGIT.sub("0", text).replace("İ", "i").replace("ı", "i").replace("ſ", "s").lower()


_HINT = re.compile(
    r"\d|uhr|stund|minut|tag|woche|morgen|morg|heut|mittag|abend|nacht|früh|frueh|bald|zeit|gleich|sofort|schnell|kürz|kuerz|umgehend"
    r"|nachher|moment|augenblick|sekund|demnächst|asap|zügig|unverz|ende|anfang|mitte|jahr|spät|spaet|halb|viertel|eins|zwei|drei|vier|fünf"
    r"|fuenf|sechs|sieben|acht|neun|zehn|elf|zwölf|zwoelf|monat|januar|februar|märz|april|\bmai\b|juni|juli|august|ember|oktober|mittwoch",
    re.IGNORECASE,
)
"""Something every time expression has in it; texts without it need no closer look."""


def _without_overlaps(atoms: list[_Atom]) -> list[_Atom]:
    kept: list[_Atom] = []
    for atom in sorted(atoms, key=lambda a: (a.start, -a.end)):
        if kept and atom.start < kept[-1].end:
            if atom.end - atom.start > kept[-1].end - kept[-1].start:
                kept[-1] = atom
            continue
        kept.append(atom)
    return kept


def _groups(text: str, atoms: list[_Atom]) -> list[list[_Atom]]:
    groups: list[list[_Atom]] = []
    for atom in atoms:
        if groups and _fits(groups[-1], atom) and _GLUE.match(text[groups[-1][-1].end : atom.start]):
            groups[-1].append(atom)
        else:
            groups.append([atom])
    return groups


def _fits(group: list[_Atom], atom: _Atom) -> bool:
    """A day and a clock time complete each other; two of a kind are two times."""
    if atom.minutes is not None or any(a.minutes is not None for a in group) or "vague" in {atom.precision, group[-1].precision}:
        return False
    if atom.kind == "date" and group[-1].kind in {"weekday", "relative"}:
        return True
    has_day, has_clock = any(a.day for a in group), any(a.clock for a in group)
    return (atom.day is None or not has_day) and (atom.clock is None or not has_clock)


def _joined(group: list[_Atom]) -> _Atom:
    first = group[0]
    for atom in group[1:]:
        first = replace(
            first,
            end=atom.end,
            day=atom.day if atom.kind == "date" else first.day or atom.day,
            clock=first.clock or atom.clock,
            part=first.part or atom.part,
            precision="minute" if first.clock or atom.clock else first.precision,
        )
    return first


def _with_inherited_days(text: str, atoms: list[_Atom]) -> list[_Atom]:
    """Return times in which a lone clock time has the day named before it in the same sentence ("morgen kommt er um acht")."""
    found: list[_Atom] = []
    for atom in atoms:
        before = found[-1] if found else None
        alone = atom.clock is not None and atom.day is None
        if alone and before and before.day and before.clock is None and not _SENTENCE_END.search(text, before.end, atom.start):
            atom = replace(atom, day=before.day, part=atom.part or before.part)
        found.append(atom)
    return found


_SENTENCE_END = re.compile(r"[!?\n]|(?<!\d)\.\s|\b(?:oder|und dann)\b")


def _resolve(atom: _Atom, now: datetime) -> str | None:
    if atom.precision == "vague":
        return None
    if atom.workdays is not None:
        return _after_workdays(now, atom.workdays).isoformat(timespec="minutes")
    if atom.minutes is not None:
        return (now + timedelta(minutes=atom.minutes)).isoformat(timespec="minutes")
    day = atom.day(now.date()) if atom.day else now.date()
    clock = atom.clock
    if clock is None:
        clock = time(_PARTS[atom.part], 0) if atom.part else _END_OF_DAY
    elif _is_afternoon(clock, atom, day, now):
        clock = time(clock.hour + 12, clock.minute)
    return datetime.combine(day, clock).isoformat(timespec="minutes")


def _after_workdays(now: datetime, count: int) -> datetime:
    day = now
    while count > 0:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return datetime.combine(day.date(), _END_OF_DAY)


def _is_afternoon(clock: time, atom: _Atom, day: date, now: datetime) -> bool:
    """Nobody in an office means 4 a.m. by "um vier"; "um zehn", said at half past ten, is ten at night or tomorrow."""
    if clock.hour >= 12 or atom.part in {"früh", "morgen", "vormittag"}:
        return False
    if atom.part in {"nachmittag", "abend"} or clock.hour < 7:
        return clock.hour > 0 or clock.minute > 0
    return False
