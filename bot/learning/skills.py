"""How sure one can be of a skill: a Plackett-Luce rating against the difficulty of what was tried, and when it is due again.

Rating: Weng & Lin, A Bayesian Approximation Method for Online Ranking, JMLR 12 (2011), as implemented by `openskill`.
Repetition: the free spaced repetition scheduler, as implemented by `fsrs`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fsrs import Card, Rating, Scheduler
from openskill.models import PlackettLuce, PlackettLuceRating

from bot.config import LearningSettings, RepetitionSettings


@dataclass(frozen=True, slots=True)
class Result:
    """A skill as one conversation showed it.

    Attributes:
        skill: which.
        points: 0..100.
        scenario: where.
        difficulty: of the scenario, 1..4.
        finished_at: seconds since 1970.
        conversation: its id.
        examples: examples looked at on the way.
    """

    skill: str
    points: float
    scenario: str
    difficulty: int
    finished_at: float
    conversation: str = ""
    examples: int = 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is known of a skill.

    Attributes:
        strength, sigma: of the rating, on the scale of config.yml `learning.rating`.
        count: conversations it rests on.
        due: when it should be practised again, seconds since 1970; None before the first time.
        course: (finished_at, strength, sigma) after each conversation, oldest first.
        points: of each conversation, oldest first.
    """

    strength: float
    sigma: float
    count: int = 0
    due: float | None = None
    course: tuple[tuple[float, float, float], ...] = ()
    points: tuple[float, ...] = ()


def estimates(results: Iterable[Result], settings: LearningSettings) -> Mapping[str, Estimate]:
    """Return what is known of every skill that has been shown.

    Args:
        results: in any order; they are taken by the time they were finished.
        settings: of learning.
    """
    by_skill: dict[str, list[Result]] = {}
    for result in sorted(results, key=lambda r: (r.finished_at, r.conversation)):
        by_skill.setdefault(result.skill, []).append(result)
    return {skill: _estimate(found, settings) for skill, found in by_skill.items()}


def _estimate(results: Sequence[Result], settings: LearningSettings) -> Estimate:
    model, scheduler = _model(settings), _scheduler(settings.repetition)
    mine, card = _unknown(model, settings), Card(card_id=1, due=_moment(results[0].finished_at))
    course = []
    for result in results:
        won = result.points >= settings.pass_points
        rated = model.rate([[mine], [_opponent(model, result.difficulty, settings)]], ranks=[1, 2] if won else [2, 1])
        mine = rated[0][0]
        card, _ = scheduler.review_card(card, _grade(result.points, settings), _moment(result.finished_at))
        course.append((result.finished_at, round(mine.mu, 3), round(mine.sigma, 3)))
    return Estimate(
        round(mine.mu, 3), round(mine.sigma, 3), len(results), card.due.timestamp(), tuple(course), tuple(r.points for r in results)
    )


def expected_success(estimate: Estimate | None, difficulty: int, settings: LearningSettings) -> float:
    """Return how likely (0..1) a scenario of this difficulty shows the skill.

    Args:
        estimate: of the skill; None when nobody has seen it yet.
        difficulty: 1..4.
        settings: of learning.
    """
    model = _model(settings)
    mine = model.rating(mu=estimate.strength, sigma=estimate.sigma) if estimate else _unknown(model, settings)
    return float(model.predict_win([[mine], [_opponent(model, difficulty, settings)]])[0])


def _model(settings: LearningSettings) -> PlackettLuce:
    return PlackettLuce(mu=settings.rating.start, sigma=settings.rating.start_sigma)


def _unknown(model: PlackettLuce, settings: LearningSettings) -> PlackettLuceRating:
    return model.rating(mu=settings.rating.start, sigma=settings.rating.start_sigma)


def _opponent(model: PlackettLuce, difficulty: int, settings: LearningSettings) -> PlackettLuceRating:
    return model.rating(mu=settings.rating.difficulty[difficulty - 1], sigma=settings.rating.difficulty_sigma)


def _scheduler(settings: RepetitionSettings) -> Scheduler:
    # No steps of minutes: nobody repeats a conversation three times an hour. No fuzz: the same history, the same date.
    return Scheduler(desired_retention=settings.retention, learning_steps=(), relearning_steps=(), enable_fuzzing=False)


def _grade(points: float, settings: LearningSettings) -> Rating:
    if points < settings.repetition.again:
        return Rating.Again
    if points < settings.pass_points:
        return Rating.Hard
    return Rating.Easy if points >= settings.repetition.easy else Rating.Good


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
