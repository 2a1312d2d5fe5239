"""Cross-validation by author: how well the system judges voices it has not learned from.

The voices are split into parts; the replies of each part are rated by a model trained on all others.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from spacy.language import Language

from bot.acts import COMPONENTS
from bot.config import Config
from bot.content import rated_replies
from bot.content.duplicates import split_by_author
from bot.content.schema import RatedReply
from bot.errors import InvalidInputError
from bot.evaluation.agreement import RatedItem, level_of, quadratic_weighted_kappa, rate_in_context
from bot.understanding.train import fitted
from bot.understanding.training_data import context_of, examples_of, nlu_act_examples

SMALLEST_GROUP = 20
"""Replies from which a group gets a line of its own."""


@dataclass(frozen=True, slots=True)
class Group:
    """How one group of replies is judged.

    Attributes:
        name: of the voice or the tag.
        replies: how many.
        kappa: score -> quadratic weighted kappa with the hand ratings.
        bias: score -> mean of system minus rating, in points of 100; above 0 the system is too kind.
    """

    name: str
    replies: int
    kappa: dict[str, float]
    bias: dict[str, float]


def cross_validate(data: Path, config: Config, parts: int, progress: Callable[[float], None] = lambda share: None) -> list[RatedItem]:
    """Rate every reply of `data/ratings/` with a model that has not seen its author.

    Args:
        data: the content folder.
        config: settings.
        parts: how many parts the voices are split into, at least 2.
        progress: called with the share done, 0..1.

    Returns:
        The rated items, each with the one rating it was written with.

    Raises:
        InvalidInputError: when there are fewer voices than parts.
    """
    replies = list(rated_replies(data))
    try:
        split = split_by_author(replies, parts)
    except ValueError as error:
        voices = len({reply.author for reply in replies})
        raise InvalidInputError(f"{voices} Stimmen lassen sich nicht in {parts} Teile trennen.", "Bitte --teile kleiner wählen.") from error
    sentences = list(nlu_act_examples(data))
    items = []
    for done, held_out in enumerate(split):
        learned = [reply for reply in replies if reply.author not in held_out]
        examples = [
            *sentences,
            *(e for reply in learned for e in examples_of(reply)),
        ]
        nlp = fitted(examples, config, lambda share, done=done: progress((done + share) / parts))  # type: ignore[misc]
        items += [_item(reply, nlp, config) for reply in replies if reply.author in held_out]
    return items


def _item(reply: RatedReply, nlp: Language, config: Config) -> RatedItem:
    given = {name: getattr(reply, name) for name in ("empathy", "resolution", "respect", *COMPONENTS)}
    acts = sorted({act for segment in reply.segments for act in segment.acts})
    return RatedItem(
        reply.id,
        reply.text,
        ({**given, "acts": acts},),
        rate_in_context(reply.text, context_of(reply), nlp, config),
        reply.author,
        tuple(reply.tags),
    )


def by_group(items: Sequence[RatedItem]) -> list[Group]:
    """Return how each voice and each tag with enough replies is judged, voices first.

    Args:
        items: from `cross_validate`.
    """
    voices = sorted({item.author for item in items})
    tags = sorted({tag for item in items for tag in item.tags})
    groups: Iterable[tuple[str, list[RatedItem]]] = [
        *((voice, [item for item in items if item.author == voice]) for voice in voices),
        *((f"#{tag}", [item for item in items if tag in item.tags]) for tag in tags),
    ]
    return [_group(name, found) for name, found in groups if len(found) >= SMALLEST_GROUP]


def _group(name: str, items: Sequence[RatedItem]) -> Group:
    kappa, bias = {}, {}
    for score in ("empathy", "resolution"):
        given = [int(item.ratings[0][score]) for item in items]
        scores = [getattr(item.system, score) for item in items]
        kappa[score] = round(quadratic_weighted_kappa(given, [level_of(s) for s in scores]), 3)
        bias[score] = round(float(np.mean(np.array(scores) - 25 * np.array(given))), 1)
    return Group(name, len(items), kappa, bias)
