"""The evaluation: how a reply did for empathy and for resolution, and why.

In: the reading of a reply. Out: a `Rating` whose scores are sums of what it shows, with feedback and a better wording;
for a conversation a `Scorecard`. Pure; knows nothing of the customer.
"""

from bot.evaluation.coaching import Hints, coach
from bot.evaluation.rating import Evidence, Rating, Summand, rate
from bot.evaluation.scorecard import Case, Scorecard, scorecard
from bot.evaluation.transcript import score_transcript

__all__ = ["Case", "Evidence", "Hints", "Rating", "Scorecard", "Summand", "coach", "rate", "score_transcript", "scorecard"]
