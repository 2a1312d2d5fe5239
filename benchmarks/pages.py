"""Pages with a long history: server time and weight, beside an empty answer in the same run.

Run with `make bench`. A person with 500 finished conversations opens every page; printed are the median time the server
needs, as a ratio to `GET /health`, and the weight of the page with everything it loads.
"""

import asyncio
import re
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import httpx

from bot.cli import ensure_model
from bot.config import Config, data_root, load_config
from bot.content import library
from bot.session import SOLO, Host
from bot.session.store import Finished
from bot.web.app import create_app

CONVERSATIONS = 500
TIMES = 15
REPLIES = (
    "Guten Tag, mein Name ist Förster. Zweimal umsonst zu Hause gewartet, das tut mir wirklich leid.",
    "Ich sehe jetzt sofort nach. Nennen Sie mir bitte die Sendungsnummer?",
    "Ich bestelle die Zustellung neu, für morgen zwischen 14 und 16 Uhr. Passt Ihnen das?",
)


async def fill(host: Host) -> str:
    """Play one conversation in each of some scenarios, and store copies of them until the history is long; return one id."""
    played = []
    for scenario in ("phone-no-show", "phone-third-call", "chat-parcel-neighbour", "social-viral-post", "email-tram-fine"):
        name, _ = await host.start(scenario, seed=7)
        for text in REPLIES:
            conversation, _ = await host.reply(name, text)
            if conversation.outcome:
                break
        conversation = await host.finish(name)
        played.append((await host.store.header(name), await host.store.read(name), conversation.scorecard))
    for number in range(CONVERSATIONS - len(played)):
        header, events, card = played[number % len(played)]
        fresh = replace(header, id=f"bench-{number}", finished_at=None, empathy=None, resolution=None)
        await host.store.create(fresh, events[:1])
        points = {skill: max(0.0, min(100.0, value + number % 60 - 20)) for skill, value in card["skills"].items()}
        finished = Finished(card["empathy"], card["resolution"], 0, points)
        await host.store.append(fresh.id, 1, events[1:], header.outcome, finished)
    return played[0][0].id


async def measure(client: httpx.AsyncClient, url: str) -> tuple[float, httpx.Response]:
    """Return the median seconds that an answer takes, and the answer."""
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        answer = await client.get(url, headers={"accept": "text/html"})
        times.append(time.perf_counter() - began)
    return statistics.median(times), answer


async def weight(client: httpx.AsyncClient, page: str) -> int:
    """Return the bytes of a page with its style, scripts and pictures (of one colour scheme)."""
    total = len(page.encode())
    seen: set[str] = set()
    waiting: list[str] = re.findall(r'(?:src|href|srcset)="(/(?:static|pictures|practice)/[^"]+\.(?:css|js|svg))"', page)
    while waiting:
        url = waiting.pop()
        if url in seen or "-dark." in url:
            continue
        seen.add(url)
        text = (await client.get(url)).text
        total += len(text.encode())
        waiting += [f"/static/{name}" for name in re.findall(r'from "\./([\w.]+)"', text)]
    return total


async def main(config: Config) -> None:
    """Measure and print."""
    app = create_app(config)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", timeout=60) as client,
    ):
        name = await fill(app.state.host)
        assert await app.state.host.store.count(SOLO) == CONVERSATIONS
        level = library(data_root()).levels[0].id
        bare, _ = await measure(client, "/health")
        running, _ = await app.state.host.start("phone-third-call", seed=7)
        pages = [
            "/", "/path", f"/path/{level}", "/scenarios", "/history", "/history?page=20", "/progress", "/progress/listening",
            "/pictures/skills-light.svg", f"/practice/{running}", f"/practice/{name}/scorecard",
            f"/compare/{name}/bench-0", "/account", "/about",
        ]  # fmt: skip
        print(f"{CONVERSATIONS} conversations in the history; an empty answer takes {1000 * bare:.1f} ms")
        print(f"{'page':34} {'server':>9} {'ratio':>7} {'weight':>9}")
        for url in pages:
            seconds, answer = await measure(client, url)
            assert answer.status_code == 200, (url, answer.status_code)
            kilobytes = await weight(client, answer.text) / 1000
            shown = url.replace(name, "…").replace(running, "…")
            print(f"{shown:34} {1000 * seconds:6.1f} ms {seconds / bare:6.1f}x {kilobytes:6.1f} KB")


if __name__ == "__main__":
    settings = load_config()
    ensure_model(settings)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'pages.db'}"
        asyncio.run(main(settings.model_copy(update={"storage": settings.storage.model_copy(update={"url": url})})))
