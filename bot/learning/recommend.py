"""What to practise next: what is due, and what one can just about do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.config import LearningSettings
from bot.content.schema import Scenario
from bot.learning.skills import Estimate, expected_success


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A scenario worth practising now.

    Attributes:
        scenario: its id.
        skill: the one it is recommended for.
        expected: how likely (0..1) it goes well.
        due: whether it is recommended because the skill is due again.
    """

    scenario: str
    skill: str
    expected: float
    due: bool


def due_skills(known: Mapping[str, Estimate], now: float) -> list[str]:
    """Return the skills that are due again, the one waiting longest first.

    Args:
        known: skill -> what is known of it.
        now: seconds since 1970.
    """
    waiting = [(estimate.due, skill) for skill, estimate in known.items() if estimate.due is not None and estimate.due <= now]
    return [skill for _, skill in sorted(waiting)]


def recommend(
    scenarios: Iterable[Scenario],
    known: Mapping[str, Estimate],
    recent: Sequence[str],
    now: float,
    settings: LearningSettings,
    count: int = 3,
) -> list[Recommendation]:
    """Return scenarios worth practising now, the best first, each for another skill.

    Expected success near the aim comes first; among those, what is due again, then the weakest skill. What is clearly too
    hard or too easy comes only where there is nothing else. The scenarios played last are put off.

    Args:
        scenarios: all there are.
        known: skill -> what is known of it.
        recent: ids of scenarios, latest first.
        now: seconds since 1970.
        settings: of learning.
        count: how many at most.
    """
    due = due_skills(known, now)
    pairs = [
        Recommendation(s.id, skill, expected_success(known.get(skill), s.difficulty, settings), skill in due)
        for s in scenarios
        for skill in s.skills
    ]

    def rank(pair: Recommendation) -> tuple[Any, ...]:
        distance = abs(pair.expected - settings.aim)
        outside = max(0.0, distance - settings.tolerance)
        return pair.scenario in recent[:3], round(outside, 2), not pair.due, _strength(known.get(pair.skill)), distance, pair.scenario

    found: list[Recommendation] = []
    for pair in sorted(pairs, key=rank):
        if pair.skill not in {f.skill for f in found} and pair.scenario not in {f.scenario for f in found}:
            found.append(pair)
        if len(found) == count:
            break
    return found


def _strength(estimate: Estimate | None) -> tuple[bool, float]:
    """Order what is known and weak before what nobody has seen yet."""
    return (True, 0.0) if estimate is None else (False, estimate.strength)
