"""Conversations for the tests of assessments: played through a real host, kept in memory, each only once."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.assessment import Finding, Place, chosen, find, must_library
from bot.config import data_root, load_config
from bot.content import library
from bot.conversation import Conversation
from bot.session import Host, make_runner
from bot.session.memory import MemoryStore

THIRD_CALL, SILVIO = "phone-third-call", "silvio_kretzschmar"
Step = str | tuple[str, Mapping[str, Any]]
"""A reply, or a call of a desk tool with its arguments."""

_PLAYED: dict[str, Conversation] = {}


async def play(steps: Sequence[Step], scenario: str = THIRD_CALL, persona: str = "", seed: int = 1) -> Conversation:
    """Play replies and desk calls in order, until they end or the customer has gone, and finish."""
    key = repr((scenario, persona, seed, steps))
    if key not in _PLAYED:
        config = load_config()
        host = Host(MemoryStore(), make_runner(config.action_endpoint), config.limits.conversation_replies)
        cid, conversation = await host.start(scenario, persona=persona, seed=seed, conversation_id="test")
        for step in steps:
            if conversation.outcome:
                break
            if isinstance(step, str):
                conversation, _ = await host.reply(cid, step)
            else:
                await host.desk(cid, *step)
        _PLAYED[key] = await host.finish(cid)
    return _PLAYED[key]


def look(must: str, conversation: Conversation) -> Finding:
    """Check one must-do of a conversation."""
    content = library(data_root())
    (wanted,) = chosen(must_library(data_root()), [must])
    session = conversation.session
    return find(wanted, conversation, content.scenario(session["scenario"]), content.persona(session["persona"]))


def without(steps: Sequence[Step], finding: Finding) -> list[Step]:
    """Return the steps without what a finding rests on: its sentences, and its calls of desk tools."""
    tools = {item.tool for item in finding.evidence if not isinstance(item, Place)}
    left: list[Step] = []
    turn = 0
    for step in steps:
        if isinstance(step, str):
            turn += 1
            spans = sorted({(p.start, p.end) for p in finding.evidence if isinstance(p, Place) and p.turn == turn}, reverse=True)
            for start, end in spans:
                step = step[:start] + "\0" * (end - start) + step[end:]
            left.append(" ".join(step.replace("\0", "").split()) or "…")
        elif step[0] not in tools:
            left.append(step)
    return left
