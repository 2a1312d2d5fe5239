"""Scoring finished transcripts: every reply of the agent, read and rated in its context."""

from collections.abc import Mapping
from typing import Any

from spacy.language import Language

from bot.config import Config
from bot.errors import InvalidInputError
from bot.evaluation.rating import Rating, rate
from bot.understanding import Context, Turn, read

_CHANNELS = ("phone", "chat", "email", "social")


def check_transcript(item: Any, config: Config) -> tuple[str, tuple[Turn, ...]]:
    """Check one conversation of the score format.

    Args:
        item: `{"id", "channel", "turns": [{"role": "customer"|"agent", "text"}]}`.
        config: for the limits.

    Returns:
        (channel, turns).

    Raises:
        InvalidInputError: naming field, value and what is allowed.
    """
    if not isinstance(item, Mapping):
        raise InvalidInputError("Eine Zeile muss ein JSON-Objekt sein.", 'Beispiel: {"id": "x", "channel": "phone", "turns": […]}')
    channel = item.get("channel", "chat")
    if channel not in _CHANNELS:
        raise InvalidInputError(f"channel: „{channel}“ gibt es nicht.", f"Erlaubt: {', '.join(_CHANNELS)}.")
    turns = item.get("turns")
    if not isinstance(turns, list):
        raise InvalidInputError("turns fehlt oder ist keine Liste.", 'Erwartet: [{"role": "customer", "text": "…"}, …]')
    if len(turns) > config.limits.score_turns:
        raise InvalidInputError(f"turns hat {len(turns)} Einträge.", f"Erlaubt sind {config.limits.score_turns} (limits.score_turns).")
    checked = tuple(_turn(number, turn) for number, turn in enumerate(turns))
    if sum(len(turn.text) for turn in checked) > config.limits.score_characters:
        raise InvalidInputError(
            "Das Gespräch ist zu lang.", f"Erlaubt sind {config.limits.score_characters} Zeichen (limits.score_characters)."
        )
    return channel, checked


def _turn(number: int, turn: Any) -> Turn:
    if not isinstance(turn, Mapping) or turn.get("role") not in ("customer", "agent"):
        value = turn.get("role") if isinstance(turn, Mapping) else turn
        raise InvalidInputError(f"turns.{number}.role: „{value}“ gibt es nicht.", "Erlaubt: customer, agent.")
    if not isinstance(turn.get("text"), str):
        raise InvalidInputError(f"turns.{number}.text fehlt oder ist kein Text.", "")
    return Turn(turn["role"], turn["text"])


def rate_transcript(nlp: Language, turns: tuple[Turn, ...], channel: str, config: Config) -> list[tuple[int, Rating]]:
    """Rate every reply of the agent.

    Returns:
        (index in `turns`, rating) for each turn of the agent, in order.
    """
    ratings = []
    for i, turn in enumerate(turns):
        if turn.role == "agent":
            context = Context(turns=turns[:i], channel=channel)
            reading = read(nlp, turn.text, context)
            rating = rate(reading, config.evaluation, earlier=context.said_by("agent"), customer=context.said_by("customer"))
            ratings.append((i, rating))
    return ratings


def score_transcript(nlp: Language, item: Any, config: Config) -> dict[str, Any]:
    """Score one conversation of the score format.

    Returns:
        The scores in the score format; `empathy` and `resolution` of the whole are the means over the replies, and null
        where the agent said nothing.

    Raises:
        InvalidInputError: when the conversation is not in the format.
    """
    channel, turns = check_transcript(item, config)
    ratings = rate_transcript(nlp, turns, channel, config)
    replies = []
    for index, rating in ratings:
        full = rating.to_dict()
        replies.append({"turn": index} | {k: full[k] for k in ("empathy", "resolution", "components", "acts", "evidence")})
    return {"id": item.get("id"), "replies": replies, **conversation_means([r for _, r in ratings])}


def conversation_means(ratings: list[Rating]) -> dict[str, int | None]:
    """Return mean empathy and resolution (0..100, rounded), None without a reply."""
    if not ratings:
        return {"empathy": None, "resolution": None}
    return {
        "empathy": round(sum(r.empathy for r in ratings) / len(ratings)),
        "resolution": round(sum(r.resolution for r in ratings) / len(ratings)),
    }
