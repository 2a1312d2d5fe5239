"""The evaluation: how a reply did for empathy and for resolution, and why.

In: the reading of a reply. Out: a `Rating` whose scores are sums of what it shows, with feedback and a better wording;
for a conversation a `Scorecard`. Pure; knows nothing of the customer.
"""

from bot.evaluation.coaching import Hints, coach
from bot.evaluation.rating import Evidence, Rating, Summand, copied, rate
from bot.evaluation.scorecard import DEED_NAMES, Case, Deed, Scorecard, scorecard
from bot.evaluation.transcript import score_transcript

__all__ = [
    "DEED_NAMES",
    "Case",
    "Deed",
    "Evidence",
    "Hints",
    "Rating",
    "Scorecard",
    "Summand",
    "coach",
    "copied",
    "rate",
    "score_transcript",
    "scorecard",
]
