"""A team for tests: a real server in team mode, its output, and people with browsers on it."""

import re
import sqlite3
import subprocess
import sys
import threading
import time
from html import unescape
from pathlib import Path

import httpx

from tests.conftest import Server, wait_for

PASSWORD = "ein langer Satz nur für Tests"
PAGE = {"accept": "text/html,application/xhtml+xml"}
PLAIN_HTTP = {"WARTESCHLEIFE_ACCOUNTS__SECURE_COOKIES": "false"}
"""httpx keeps to the rules: over plain HTTP it would not send the cookie back."""
MANY_TRIES = {"WARTESCHLEIFE_ACCOUNTS__LOGIN_RATE": "10000 per 1 minute"}


class TeamServer(Server):
    """A real `warteschleife serve` in team mode; everything it prints is kept."""

    def __init__(self, folder: Path, models: Path, *arguments: str, **environment: str) -> None:
        self.arguments, self.lines = arguments, []
        super().__init__(folder, models, **{"WARTESCHLEIFE_ACCOUNTS__MODE": "team", **environment})

    def start(self) -> None:
        command = [sys.executable, "-m", "bot.cli", "serve", "--port", str(self.port), *self.arguments]
        self.process = subprocess.Popen(
            command, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        said = self.process.stdout
        self.began = len(self.lines)
        self.reader = threading.Thread(target=lambda: self.lines.extend(said), daemon=True)
        self.reader.start()
        wait_for(f"{self.url}/ready", self.process)

    def stop(self) -> None:
        super().stop()
        self.reader.join(5)

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def first_link(self) -> str | None:
        """Return the token of the link this start has printed; None when it printed none."""
        until = time.monotonic() + 2
        while time.monotonic() < until:
            for line in self.lines[self.began :]:
                if found := re.search(r"/invite/([\w-]+)", line):
                    return found[1]
            time.sleep(0.05)
        return None

    def database(self, statement: str, *values: object) -> list[tuple]:
        """Run a statement on the server's database, as time or an administrator would change it."""
        connection = sqlite3.connect(self.folder / "warteschleife.db", timeout=10)
        try:
            with connection:
                return connection.execute(statement, values).fetchall()
        finally:
            connection.close()


def browser(server: Server, **more) -> httpx.Client:
    return httpx.Client(base_url=server.url, timeout=30, trust_env=False, headers=PAGE, **more)


def join(server: Server, token: str, name: str, password: str = PASSWORD) -> httpx.Client:
    """Accept an invitation; return the browser that is logged in and whose scripts send the token."""
    client = browser(server)
    form = {"name": name, "email": f"{name.split()[0].lower()}@firma.example", "password": password}
    answer = client.post(f"/invite/{token}", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/"), answer.text
    client.headers["x-csrf-token"] = csrf_of(client)
    return client


def csrf_of(client: httpx.Client) -> str:
    return field(client.get("/account").text, "csrf")


def field(page: str, name: str) -> str:
    """Return the value of a hidden field."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', page)
    assert found, page
    return unescape(found[1])


def invite(admin: httpx.Client, role: str = "trainee", note: str = "") -> str:
    """Return the token of a new invitation."""
    page = admin.post("/people/invite", data={"role": role, "note": note})
    return link_in(page)


def link_in(page: httpx.Response) -> str:
    found = re.search(r'value="http://127\.0\.0\.1:\d+/invite/([\w-]+)"', page.text)
    assert found, page.text
    return found[1]


def log_in(server: Server, email: str, password: str = PASSWORD, **form: str) -> tuple[httpx.Client, httpx.Response]:
    client = browser(server)
    return client, client.post("/login", data={"email": email, "password": password, **form})


def is_login_form(answer: httpx.Response) -> bool:
    return 'action="/login"' in answer.text and 'type="password"' in answer.text
