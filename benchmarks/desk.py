"""A desk action beside a turn, and the remote action server beside the in-process path, durable in SQLite.

Run with `make bench`. Prints times and their ratio to a bare durable insert of the same run, so that figures of two
machines can be compared. Starts its own action server and database and removes both.
"""

import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
from sqlalchemy import insert

from actions.session import context_of
from bot.config import ActionEndpoint, data_root, load_config
from bot.content import library
from bot.conversation import Conversation, Exchange
from bot.customer import make_scene, open_conversation
from bot.session import Host, Store, make_runner
from bot.session.tables import events
from bot.understanding import read
from bot.understanding.train import pipeline_for

ROOT = Path(__file__).resolve().parent.parent
SCENARIO = "phone-third-call"
REPLIES = (
    "Guten Tag, 35 Minuten in der Schleife und der dritte Anruf, das tut mir ehrlich leid. Wie ist Ihre Kundennummer?",
    "Sechs Tage ohne Internet, das ist unser Fehler, ich übernehme das jetzt. Wann sind Sie denn zu Hause?",
    "Ich sehe gerade nach, was mit dem Termin am Montag passiert ist. Was hat man Ihnen denn damals zugesagt?",
)
ROUNDS = 20


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


async def measure(host: Host, label: str, bare: float) -> tuple[float, float]:
    """Return the median time of a turn and of a desk action, and print them."""
    turns, desks = [], []
    for seed in range(ROUNDS):
        name, _ = await host.start(SCENARIO, seed=seed)
        for text in REPLIES:
            turns.append(await timed(lambda name=name, text=text: host.reply(name, text)))  # type: ignore[misc]
            desks.append(await timed(lambda name=name: host.desk(name, "notes", {"text": "dritter Anruf"})))  # type: ignore[misc]
    turn, desk = statistics.median(turns), statistics.median(desks)
    print(f"{label:12}  turn {1000 * turn:6.1f} ms ({turn / bare:4.1f})   desk action {1000 * desk:6.1f} ms ({desk / bare:4.1f})")
    return turn, desk


def understanding() -> float:
    """Return the median time of reading one reply in its conversation."""
    config = load_config()
    nlp = pipeline_for(config.models, data_root(), config)
    scene = make_scene(library(data_root()), SCENARIO)
    opening = open_conversation(scene, 1, config)
    before = Conversation({}, {"customer": opening.state.to_dict()}, (Exchange(0, "", "", opening.text, (), {}, (), None, (), 0),))
    context = context_of(before, scene)
    times = []
    for text in REPLIES * 10:
        began = time.perf_counter()
        read(nlp, text, context)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


async def main() -> None:
    config = load_config()
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        store = Store(f"sqlite+aiosqlite:///{folder}/bench.db", "full")
        await store.migrate()
        limit = config.limits.conversation_replies
        at_home = Host(store, make_runner(ActionEndpoint(url="", timeout=20)), limit)
        name, _ = await at_home.start(SCENARIO, seed=1)
        times = []
        for position in range(60):
            began = time.perf_counter()
            async with store.writing() as connection:
                await connection.execute(
                    insert(events), {"conversation_id": name, "position": 1000 + position, "message_id": None, "data": "{}"}
                )
            times.append(time.perf_counter() - began)
        bare = statistics.median(times)
        read_once = understanding()
        print(f"bare insert   {1000 * bare:.1f} ms (1.0)   reading a reply once {1000 * read_once:.1f} ms ({read_once / bare:.1f})")
        await measure(at_home, "in process", bare)
        server = subprocess.Popen(  # noqa: ASYNC220
            [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "--port", str(port)],
            cwd=ROOT, env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            for _ in range(300):
                try:
                    if httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False).status_code == 200:  # noqa: ASYNC210
                        break
                except httpx.HTTPError:
                    await asyncio.sleep(0.1)
            await measure(Host(store, make_runner(ActionEndpoint(url=f"http://127.0.0.1:{port}", timeout=60)), limit), "remote", bare)
        finally:
            server.terminate()
            server.wait()
        await store.close()


if __name__ == "__main__":
    asyncio.run(main())
