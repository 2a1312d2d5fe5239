"""The learning path: which levels are open, and which skills have been shown."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from bot.content.schema import PathLevel
from bot.learning.skills import Result


@dataclass(frozen=True, slots=True)
class LevelState:
    """Where somebody stands on one level.

    Attributes:
        level: the level.
        open: whether its conversations count: the level before it is mastered, or this one is.
        checked: whether the three questions were answered.
        best: points of the skill in the best conversation of this level that counts; None without one.
        mastered: checked, and the skill shown.
    """

    level: PathLevel
    open: bool
    checked: bool
    best: float | None
    mastered: bool


def path_states(levels: Sequence[PathLevel], results: Iterable[Result], checked: Collection[str], most_examples: int) -> list[LevelState]:
    """Return where somebody stands on every level, in the order of the path.

    What counts is the skill shown in one conversation of the level, not how many there were; it may have been shown before
    the level was open. A conversation in which more than `most_examples` examples were looked at does not count.

    Args:
        levels: the path, in order.
        results: all that the person has shown.
        checked: ids of levels whose questions were answered.
        most_examples: see above.
    """
    shown = [result for result in results if result.examples <= most_examples]
    states: list[LevelState] = []
    reached = True
    for level in levels:
        points = [r.points for r in shown if r.skill == level.skill and r.scenario in level.conversations]
        best = max(points, default=None)
        is_checked = level.id in checked
        mastered = is_checked and best is not None and best >= level.pass_points
        states.append(LevelState(level, reached or mastered, is_checked, best, mastered))
        reached = reached and mastered
    return states
