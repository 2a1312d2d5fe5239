"""Training examples for the heads, made from `data/nlu/` and `data/ratings/`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.content import nlu_examples, rated_replies
from bot.content.schema import RatedReply, RatedSegment
from bot.understanding.features import ContextFacts, context_features, neighbours
from bot.understanding.heads import STRENGTHS, Example
from bot.understanding.reading import Context, Turn
from bot.understanding.times import find_times


def context_of(reply: RatedReply) -> Context:
    """Return the context of a rated reply."""
    return Context(turns=tuple(Turn(t.role, t.text) for t in reply.turns), channel=reply.channel)


def examples_of(reply: RatedReply) -> list[Example]:
    """Return one example for each segment of a rated reply."""
    facts = ContextFacts(context_of(reply))
    count = len(reply.segments)
    around = neighbours([s.text for s in reply.segments])
    return [
        Example(
            s.text,
            context_features(s.text, i, count, facts, precisions(s.text)) | around[i].features(),
            tuple(s.acts),
            {c: getattr(s, c) for c in STRENGTHS},
            _moves_back(reply, s),
        )
        for i, s in enumerate(reply.segments)
    ]


_CAN_MOVE_BACK = frozenset(
    {"deflect", "dismiss", "transfer", "set_expectation", "commit", "offer", "close", "reask", "blame_customer", "explain", "act"}
)


def _moves_back(reply: RatedReply, segment: RatedSegment) -> bool | None:
    """Tell whether a segment moves the case back, as far as the rating of the whole reply shows it.

    In a reply with resolution 0 it is a segment that does something about the case and earns nothing for it; a reply
    with resolution 1 or more has none. What else a reply of resolution 0 says teaches nothing.
    """
    if reply.resolution > 0:
        return False
    fruitless = not segment.ac and not segment.co
    return True if fruitless and _CAN_MOVE_BACK & set(segment.acts) else None


def precisions(text: str) -> tuple[str, ...]:
    """Return how exact the times in a segment are."""
    return tuple(mention.precision for mention in find_times(text, None))


_HARMLESS = frozenset({"check_agreement", "open_question", "greet", "thank", "close", "ask_identity", "ask_detail", "hold"})
"""Acts that violate nobody's respect when a lone sentence does nothing else."""


def _implied(labels: Sequence[str]) -> dict[str, int] | None:
    """Return the strengths that a lone sentence's acts leave no doubt about (and no others), or None where the context decides.

    Naming what the customer lived through is specific interpretation by the rubric's definition.
    """
    acts = set(labels)
    if acts and acts <= _HARMLESS:
        return {"respect": 0}
    if acts <= {"acknowledge_facts", "acknowledge_feeling", "apologize"} and "acknowledge_facts" in acts:
        return {"ip": 2} | ({"er": 2} if "apologize" in acts else {})
    return None


def nlu_act_examples(data: Path) -> Iterator[Example]:
    """Yield one example for each sentence of `data/nlu/` labelled with acts; they carry no context features."""
    for labels, text in nlu_examples(data):
        if not any(label.startswith("ask/") for label in labels):
            yield Example(text, {}, labels, _implied(labels))


def training_examples(data: Path) -> list[Example]:
    """Return all examples of a data folder, in a fixed order."""
    examples = list(nlu_act_examples(data))
    for reply in rated_replies(data):
        examples += examples_of(reply)
    return examples
