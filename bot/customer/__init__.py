"""The customer: a persona in a scenario, with mood, agenda, memory and wording.

In: the reading of a reply and the state before it. Out: a `CustomerTurn` with text, acts, new state and reasons.
Deterministic under a seed; knows nothing of ratings.
"""

from bot.customer.appraisal import reasked
from bot.customer.causes import Circumstances
from bot.customer.scene import Scene, make_scene
from bot.customer.state import CustomerState, CustomerTurn, Mood, MoodChange
from bot.customer.turn import mood_of, open_conversation, respond

__all__ = [
    "Circumstances",
    "CustomerState",
    "CustomerTurn",
    "Mood",
    "MoodChange",
    "Scene",
    "make_scene",
    "mood_of",
    "open_conversation",
    "reasked",
    "respond",
]
