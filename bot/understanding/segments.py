"""Cutting a reply into segments: sentences, and clauses where a sentence turns."""

import re

_END = re.compile(r"[.!?…]+[\"“”’'‘)\]]*\s+|\n+|\s[–—-]\s|[;]\s+|\s+⏎\s*")
_TURN = re.compile(r",\s+(?=(?:aber|doch|trotzdem|nur|allerdings|jedoch|sondern|deshalb|deswegen|daher|also)\b)", re.IGNORECASE)
_ABBREVIATION = re.compile(
    r"(?:\b(?:Nr|Str|Dr|Prof|Hr|Fr|ca|bzw|evtl|ggf|inkl|zzgl|usw|etc|St|Tel|Abs|Art|Kd|Mo|Di|Mi|Do|Sa|So|z\.\s?B|d\.\s?h|u\.\s?a|i\.\s?d\.\s?R)|\b\d{1,2}|\b[A-Za-z])\.$"
)
_EMOJI_ONLY = re.compile(r"^[\W_]+$")


def segments(text: str) -> list[tuple[int, int]]:
    """Return the character ranges of a reply's segments, in order.

    Args:
        text: the reply.

    Returns:
        (start, end) pairs without surrounding white space; together they cover all words of the text.
    """
    ranges: list[tuple[int, int]] = []
    for start, end in _pieces(text, 0, len(text), _END):
        ranges += _pieces(text, start, end, _TURN)
    return _merge_signs(text, [trimmed for r in ranges if (trimmed := _trim(text, *r))])


def _pieces(text: str, start: int, end: int, border: re.Pattern[str]) -> list[tuple[int, int]]:
    pieces = []
    last = start
    for match in border.finditer(text, start, end):
        if match.group().startswith(".") and _ABBREVIATION.search(text, last, match.start() + 1):
            continue
        pieces.append((last, match.end()))
        last = match.end()
    pieces.append((last, end))
    return pieces


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    piece = text[start:end]
    if not piece.strip():
        return None
    return start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))


def _merge_signs(text: str, ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join pieces that hold no word (emojis, dashes) to the piece before them."""
    merged: list[tuple[int, int]] = []
    for start, end in ranges:
        if merged and _EMOJI_ONLY.match(text[start:end]):
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged
