"""What a finished conversation shows: measures of 0 to 100, and the skills they add up to."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.acts import COMPONENTS
from bot.config import LearningSettings
from bot.conversation import Conversation

_RESPECT = (100.0, 50.0, 0.0)
_IDENTITY = {"checked": 100.0, "unchecked": 0.0, "leaked": 0.0}


def measures(conversation: Conversation, better_half: float) -> dict[str, float]:
    """Return the measures of a finished conversation.

    Args:
        conversation: with its scorecard.
        better_half: share of the replies, best first, over which a component is averaged; above 0, at most 1.

    Returns:
        Measure -> 0..100; a measure that the conversation gave no occasion for is left out.
    """
    card = conversation.scorecard
    ratings = [e.rating for e in conversation.exchanges if e.rating]
    if card is None or not ratings:
        return {}
    found: dict[str, float] = {"empathy": card["empathy"], "resolution": card["resolution"], "respect": _RESPECT[card["respect"]]}
    for component in COMPONENTS:
        found[component] = _of_the_better([r["components"][component] for r in ratings], better_half)
    mood = conversation.exchanges[-1].mood
    found["calm"] = 100 * (1 - mood["anger"])
    found["heard"] = 100 * mood["heard"]
    found["not_reasked"] = 100 * sum("reask" not in r["acts"] for r in ratings) / len(ratings)
    found["honest"] = 100 * sum(not {"beyond", "contradiction"} & set(r["notes"]) for r in ratings) / len(ratings)
    if card["information"]:
        found["information"] = 100 * sum(item["told"] for item in card["information"]) / len(card["information"])
    if card["goal"]:
        found["goal"] = 100 * sum(item["holds"] for item in card["goal"]) / len(card["goal"])
    settled = [promise["kept"] for promise in card["promises"] if promise["kept"] is not None]
    if settled:
        found["kept"] = 100 * sum(settled) / len(settled)
    handled = [_IDENTITY[deed["kind"]] for deed in card.get("deeds", ()) if deed["kind"] in _IDENTITY]
    if handled:
        found["identity"] = min(handled)
    return {name: round(value, 1) for name, value in found.items()}


def _of_the_better(levels: Sequence[int], share: float) -> float:
    counted = sorted(levels, reverse=True)[: max(1, round(share * len(levels)))]
    return 100 * sum(counted) / (2 * len(counted))


def shown_skills(conversation: Conversation, skills: Sequence[str], settings: LearningSettings) -> Mapping[str, float]:
    """Return how far a finished conversation shows the skills that its scenario trains.

    Args:
        conversation: with its scorecard.
        skills: of the scenario.
        settings: which measures make up a skill.

    Returns:
        Skill -> 0..100; empty for a conversation that was left before there was anything to see.
    """
    card: Mapping[str, Any] = conversation.scorecard or {}
    left_early = card.get("outcome") == "abandoned" and card["replies"] < settings.fewest_replies
    found = measures(conversation, settings.better_half)
    if left_early or not found:
        return {}
    shown = {}
    for skill in skills:
        weights = {name: weight for name, weight in settings.skills[skill].items() if name in found}
        if weights:
            shown[skill] = round(sum(found[name] * weight for name, weight in weights.items()) / sum(weights.values()), 1)
    return shown
