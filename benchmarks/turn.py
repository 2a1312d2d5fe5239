"""One turn over HTTP, durable in SQLite, beside the same server's bare endpoint that only inserts one row durably.

Run with `make bench`. Prints times as ratios to the bare insert of the same run, so that figures of two machines can be
compared. Starts its own server on its own database and removes both.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
REPLIES = (
    "Guten Tag, 35 Minuten in der Schleife und der dritte Anruf, das tut mir ehrlich leid. Wie ist Ihre Kundennummer?",
    "Sechs Tage ohne Internet, das ist unser Fehler, ich übernehme das jetzt. Wann sind Sie denn zu Hause?",
    "Ich sehe gerade nach, was mit dem Termin am Montag passiert ist. Was hat man Ihnen denn damals zugesagt?",
    "Den Techniker buche ich Ihnen für Freitag zwischen 8 und 10 Uhr. Wäre das eine Möglichkeit für Sie?",
)


def serve(port: int) -> None:
    """Run the application with one more endpoint, the bare durable insert."""
    import uvicorn
    from sqlalchemy import insert

    from bot.session.tables import events
    from bot.web.app import create_app

    app = create_app()
    count = iter(range(10**9))

    @app.post("/bench/insert")
    async def bare(body: dict[str, str]) -> dict[str, int]:
        position = next(count)
        async with app.state.host.store.writing() as connection:
            row = {"conversation_id": body["id"], "position": 1_000_000 + position, "message_id": None, "data": "{}"}
            await connection.execute(insert(events), row)
        return {"position": position}

    uvicorn.run(app, port=port, log_level="error", access_log=False)


async def started(client: httpx.AsyncClient, seed: int) -> str:
    answer = await client.post("/api/v1/conversations", json={"scenario": "phone-third-call", "seed": seed})
    return str(answer.json()["id"])


async def timed(client: httpx.AsyncClient, url: str, body: dict[str, str]) -> float:
    began = time.perf_counter()
    answer = await client.post(url, json=body)
    took = time.perf_counter() - began
    assert answer.status_code == 200, answer.text
    return took


async def turns(client: httpx.AsyncClient, seed: int, rounds: int) -> list[float]:
    """Time full turns; a new conversation after every four replies, so that none of them ends."""
    times = []
    for i in range(rounds):
        name = await started(client, seed + i)
        for text in REPLIES:
            times.append(await timed(client, f"/api/v1/conversations/{name}/replies", {"text": text}))
    return times


async def inserts(client: httpx.AsyncClient, name: str, count: int) -> list[float]:
    """Time bare inserts."""
    return [await timed(client, "/bench/insert", {"id": name}) for _ in range(count)]


async def measure(base: str, rounds: int) -> None:
    limits = httpx.Limits(max_connections=60)
    async with httpx.AsyncClient(base_url=base, timeout=60, limits=limits, trust_env=False) as client:
        name = await started(client, 1)
        await turns(client, 0, 3)
        await inserts(client, name, 20)
        print(f"{'':34}{'p50 ms':>9}{'p99 ms':>9}{'p50 / bare':>12}")
        for clients in (1, 50):
            each = max(rounds // clients, 1)
            bare = [t for part in await asyncio.gather(*(inserts(client, name, 4 * each) for _ in range(clients))) for t in part]
            full = [t for part in await asyncio.gather(*(turns(client, 1000 * c, each) for c in range(clients))) for t in part]
            base_p50 = statistics.median(bare)
            for label, times in ((f"bare insert, {clients} at once", bare), (f"full turn, {clients} at once", full)):
                p99 = statistics.quantiles(times, n=100)[98]
                print(f"{label:34}{1000 * statistics.median(times):9.2f}{1000 * p99:9.2f}{statistics.median(times) / base_p50:12.2f}")


def memory_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100, help="conversations of four replies for each measurement")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
        return
    from bot.cli import ensure_model
    from bot.config import load_config

    config = load_config()
    ensure_model(config)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "models").symlink_to(config.models)
        environment = {**os.environ, "WARTESCHLEIFE_STORAGE__FOLDER": folder, "PYTHONPATH": str(ROOT)}
        port = 8765
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, __file__, "--serve", str(port)], env=environment, cwd=folder)
        try:
            while True:
                try:
                    httpx.get(f"http://127.0.0.1:{port}/ready", trust_env=False).raise_for_status()
                    break
                except httpx.HTTPError:
                    time.sleep(0.02)
            print(f"server ready after {time.perf_counter() - began:.1f} s with a trained model")
            asyncio.run(measure(f"http://127.0.0.1:{port}", options.rounds))
            print(f"resident memory of the server: {memory_mb(process.pid):.0f} MB")
        finally:
            process.terminate()
            process.wait()
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "bot.cli", "--help"], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    print(f"warteschleife --help: {time.perf_counter() - began:.2f} s")


if __name__ == "__main__":
    main()
