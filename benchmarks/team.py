"""The team view with 200 people and 20,000 conversations on SQLite, beside an empty answer in the same run.

Run with `make bench`. Every conversation is one that may be seen; each shows three skills.
"""

import asyncio
import random
import statistics
import tempfile
import time
from pathlib import Path

import httpx
from sqlalchemy import insert

from bot.acts import SKILLS
from bot.cli import ensure_model
from bot.config import Config, data_root, load_config
from bot.content import library
from bot.session import Store
from bot.session.tables import accounts, conversations, shown_skills
from bot.web.app import create_app

PEOPLE, CONVERSATIONS, TIMES = 200, 20_000, 11
_YEAR = 365 * 86400
TEMPLATE = {
    "persona": "x", "channel": "phone", "seed": 1, "mode": "practice", "outcome": "resolved", "empathy": 50, "resolution": 50,
}  # fmt: skip


async def fill(store: Store) -> None:
    """Store people and what they showed in a year."""
    chance, now = random.Random(7), time.time()
    scenarios = sorted(library(data_root()).scenarios)
    everybody = [
        {"id": f"p{i}", "name": f"Person {i:03}", "email": None, "role": "trainee", "password": "", "csrf": "x", "created_at": now}
        for i in range(PEOPLE)
    ]
    played, shown = [], []
    for number in range(CONVERSATIONS):
        at = now - chance.random() * _YEAR
        times = dict.fromkeys(("created_at", "updated_at", "finished_at", "shared_at"), at)
        played.append({**TEMPLATE, **times, "id": f"c{number}", "owner": f"p{number % PEOPLE}", "scenario": chance.choice(scenarios)})
        shown += [{"conversation_id": f"c{number}", "skill": s, "points": chance.uniform(20, 95)} for s in chance.sample(SKILLS, 3)]
    async with store.writing() as connection:
        await connection.execute(insert(accounts), everybody)
        await connection.execute(insert(conversations), played)
        await connection.execute(insert(shown_skills), shown)


async def main(config: Config) -> None:
    """Measure and print."""
    app = create_app(config)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", timeout=60) as client,
    ):
        await fill(app.state.host.store)
        print(f"{PEOPLE} people, {CONVERSATIONS} conversations")
        bare = 0.0
        for url in ("/health", "/team", "/team/skills-light.svg"):
            times = []
            for _ in range(TIMES):
                began = time.perf_counter()
                answer = await client.get(url)
                times.append(time.perf_counter() - began)
                assert answer.status_code == 200, url
            median = statistics.median(times)
            bare = bare or median
            print(f"{url:26} {1000 * median:7.1f} ms {median / bare:7.1f}x {len(answer.content) / 1000:8.1f} KB")


if __name__ == "__main__":
    settings = load_config()
    ensure_model(settings)
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite+aiosqlite:///{Path(folder) / 'team.db'}"
        asyncio.run(main(settings.model_copy(update={"storage": settings.storage.model_copy(update={"url": database})})))
