"""Learning: which skills a conversation shows, how sure one can be of them, what to practise next.

In: finished conversations, the learning path, settings. Out: points, estimates, recommendations. Pure: the clock and the
history are given.
"""

from bot.learning.measures import measures, shown_skills
from bot.learning.path import LevelState, path_states
from bot.learning.recommend import Recommendation, due_skills, recommend
from bot.learning.skills import Estimate, Result, estimates, expected_success

__all__ = [
    "Estimate",
    "LevelState",
    "Recommendation",
    "Result",
    "due_skills",
    "estimates",
    "expected_success",
    "measures",
    "path_states",
    "recommend",
    "shown_skills",
]
