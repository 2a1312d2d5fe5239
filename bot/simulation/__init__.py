"""Simulated trainees: scripted replies of known quality, played through every case to see whether customers tell them apart.

In: scenarios, personas and the lines of `data/trainees/`. Out: how each conversation ended, with its scores.
"""

from bot.simulation.play import Played, play, summary
from bot.simulation.trainees import TRAINEES, Trainee

__all__ = ["TRAINEES", "Played", "Trainee", "play", "summary"]
