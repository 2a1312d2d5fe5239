"""Playing trainees through cases, and what came of it."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from os import sched_getaffinity
from pathlib import Path
from random import Random
from statistics import mean

from bot.config import data_root, load_config
from bot.content import Library, library
from bot.content.files import load_yaml
from bot.content.schema import TraineeLines
from bot.session import Host, make_runner
from bot.session.memory import MemoryStore
from bot.simulation.trainees import TRAINEES, Seat, View

GOOD = frozenset({"resolved", "resolved_grudgingly"})


@dataclass(frozen=True, slots=True)
class Case:
    """One conversation to be played."""

    scenario: str
    persona: str
    trainee: str
    seed: int


@dataclass(frozen=True, slots=True)
class Played:
    """How a conversation went.

    Attributes:
        case: what was played.
        outcome: how it ended.
        replies: number of replies.
        anger: of the customer at the end, 0..1.
        empathy, resolution: of the scorecard, 0..100.
        said: what the customer said, turn by turn.
    """

    case: Case
    outcome: str
    replies: int
    anger: float
    empathy: int
    resolution: int
    said: tuple[str, ...]


def cases(content: Library, scenarios: Sequence[str], trainees: Sequence[str], seeds: int) -> list[Case]:
    """Return all conversations: every scenario with every voice, every trainee and so many seeds."""
    return [
        Case(scenario, persona, trainee, seed)
        for scenario in scenarios
        for persona in content.scenarios[scenario].personas
        for trainee in trainees
        for seed in range(seeds)
    ]


def play(wanted: Sequence[Case], processes: int = 0, progress: Callable[[float], None] = lambda share: None) -> list[Played]:
    """Play conversations.

    Args:
        wanted: which.
        processes: how many; 0 means one for each core.
        progress: called with the share done, 0..1.

    Returns:
        What came of each, in order. The same cases give the same results.
    """
    count = processes or len(sched_getaffinity(0))
    found: list[Played] = []
    for played in _played(wanted, count):
        found.append(played)
        progress(len(found) / len(wanted))
    return found


def _played(wanted: Sequence[Case], processes: int) -> Iterator[Played]:
    if processes == 1:
        yield from map(play_one, wanted)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(play_one, wanted, chunksize=16)


@lru_cache(maxsize=1)
def _lines() -> TraineeLines:
    return load_yaml(data_root() / "trainees" / "lines.yml", TraineeLines)


def play_one(case: Case) -> Played:
    """Play one conversation to its end."""
    return asyncio.run(_play_one(case))


async def _play_one(case: Case) -> Played:
    config, content = load_config(), library(data_root())
    host = Host(MemoryStore(), make_runner(config.action_endpoint), config.limits.conversation_replies)
    scenario, persona = content.scenarios[case.scenario], content.personas[case.persona]
    lines = _lines().du if persona.address == "du" else _lines().sie
    seat = Seat(scenario, persona, lines, Random(f"{case.trainee} {case.seed} {case.scenario}"))
    cid, conversation = await host.start(case.scenario, persona=case.persona, seed=case.seed, conversation_id="simulated")
    while not conversation.outcome and conversation.turn < config.customer.max_turns:
        trainee, view = TRAINEES[case.trainee], View.of(conversation)
        text = trainee.speak(seat, view)
        for tool, arguments in trainee.work(seat, view):
            await host.desk(cid, tool, arguments)
        conversation, _ = await host.reply(cid, text)
    conversation = await host.finish(cid)
    card = conversation.scorecard or {}
    last = conversation.exchanges[-1]
    return Played(
        case, conversation.outcome, conversation.turn, last.mood["anger"], card["empathy"], card["resolution"],
        tuple(e.customer for e in conversation.exchanges),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """Means over the conversations of one trainee (or of one trainee in one scenario).

    Attributes:
        name: of the trainee.
        conversations: how many.
        good: share (0..1) that ended resolved or resolved grudgingly.
        outcomes: outcome -> count.
        replies, anger, empathy, resolution: means.
    """

    name: str
    conversations: int
    good: float
    outcomes: dict[str, int]
    replies: float
    anger: float
    empathy: float
    resolution: float


def summary(played: Iterable[Played]) -> list[Row]:
    """Return one row for each trainee, in the order of TRAINEES."""
    groups: dict[str, list[Played]] = {}
    for one in played:
        groups.setdefault(one.case.trainee, []).append(one)
    rows = []
    for name in TRAINEES:
        found = groups.get(name, [])
        if not found:
            continue
        outcomes: dict[str, int] = {}
        for one in found:
            outcomes[one.outcome] = outcomes.get(one.outcome, 0) + 1
        rows.append(
            Row(
                name,
                len(found),
                mean(one.outcome in GOOD for one in found),
                outcomes,
                mean(one.replies for one in found),
                mean(one.anger for one in found),
                mean(one.empathy for one in found),
                mean(one.resolution for one in found),
            )
        )
    return rows


def plot(rows: Sequence[Row], path: Path) -> None:
    """Write a bar chart (SVG) of the trainees' shares of resolved conversations and mean scores."""
    import pygal

    chart = pygal.HorizontalBar(title="Simulierte Trainees", range=(0, 100), legend_at_bottom=True, disable_xml_declaration=True)
    chart.x_labels = [TRAINEES[row.name].title for row in rows]
    chart.add("gelöst (%)", [round(100 * row.good) for row in rows])
    chart.add("Empathie", [round(row.empathy) for row in rows])
    chart.add("Lösung", [round(row.resolution) for row in rows])
    path.write_text(chart.render(is_unicode=True), encoding="utf-8")
