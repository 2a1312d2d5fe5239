"""Playing simulated trainees through every case of the table of difficulty; see `bot.assessment.difficulty`."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from os import sched_getaffinity
from random import Random

from bot.assessment.difficulty import DifficultyTable, SimulatedPerson, fingerprint, make_table
from bot.assessment.forms import part_values
from bot.config import Config, data_root, load_config
from bot.content import Library, library
from bot.content.files import load_yaml
from bot.content.schema import TraineeLines
from bot.errors import ContentError
from bot.session import Host, make_runner
from bot.session.memory import MemoryStore
from bot.simulation.trainees import TRAINEES, Seat, View


@dataclass(frozen=True, slots=True)
class Sitting:
    """One simulated trainee in one case."""

    scenario: str
    persona: str
    seed: int
    person: SimulatedPerson


def simulated_people(config: Config) -> list[SimulatedPerson]:
    """Return the simulated trainees that config.yml names.

    Raises:
        ContentError: for a kind that does not exist.
    """
    settings = config.assessment.difficulty
    for kind in settings.trainees:
        if kind not in TRAINEES:
            raise ContentError(f"config.yml: assessment.difficulty.trainees: „{kind}“ gibt es nicht.", f"Vorhanden: {', '.join(TRAINEES)}.")
    return [SimulatedPerson(trainee=kind, time=time) for time in range(1, settings.times + 1) for kind in settings.trainees]


def simulate_difficulty(
    config: Config,
    content: Library,
    scenarios: Sequence[str] = (),
    processes: int = 0,
    progress: Callable[[float], None] = lambda share: None,
) -> DifficultyTable:
    """Play every simulated trainee through every case.

    Args:
        config: which trainees, how often, which seeds.
        content: scenarios and personas.
        scenarios: only these; all when empty.
        processes: how many; 0 means one for each core.
        progress: called with the share done, 0..1.

    Returns:
        The table. The same content and settings give the same table.
    """
    people = simulated_people(config)
    made_from = fingerprint(data_root(), config)  # before the first conversation: content may change while they play
    cases = [
        (scenario, persona, seed)
        for scenario in sorted(scenarios or content.scenarios)
        for persona in content.scenario(scenario).personas
        for seed in config.assessment.difficulty.seeds
    ]
    sittings = [Sitting(*case, person) for case in cases for person in people]
    values = []
    for one in _played(sittings, processes or len(sched_getaffinity(0))):
        values.append(one)
        progress(len(values) / len(sittings))
    rows = {case: values[i * len(people) : (i + 1) * len(people)] for i, case in enumerate(cases)}
    return make_table(rows, people, content, config.assessment.form.weights, made_from)


def _played(sittings: Sequence[Sitting], processes: int) -> Iterator[dict[str, float]]:
    if processes == 1:
        yield from map(sit, sittings)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(sit, sittings, chunksize=8)


def sit(sitting: Sitting) -> dict[str, float]:
    """Play one conversation to its end and return the values of its parts."""
    return asyncio.run(_sit(sitting))


async def _sit(sitting: Sitting) -> dict[str, float]:
    config, content = load_config(), library(data_root())
    host = Host(MemoryStore(), make_runner(config.action_endpoint), config.limits.conversation_replies)
    scenario, persona = content.scenarios[sitting.scenario], content.personas[sitting.persona]
    lines = load_yaml(data_root() / "trainees" / "lines.yml", TraineeLines)
    trainee = TRAINEES[sitting.person.trainee]
    # The person's own choice of words; that of the customer hangs on the seed of the case alone.
    chance = Random(f"{sitting.person.trainee} {sitting.person.time} {sitting.scenario} {sitting.persona} {sitting.seed}")
    seat = Seat(scenario, persona, lines.du if persona.address == "du" else lines.sie, chance)
    cid, conversation = await host.start(sitting.scenario, persona=sitting.persona, seed=sitting.seed, conversation_id="simulated")
    while not conversation.outcome and conversation.turn < config.customer.max_turns:
        view = View.of(conversation)
        text = trainee.speak(seat, view)
        for tool, arguments in trainee.work(seat, view):
            await host.desk(cid, tool, arguments)
        conversation, _ = await host.reply(cid, text)
    return part_values(await host.finish(cid), config.assessment)
