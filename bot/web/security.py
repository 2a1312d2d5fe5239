"""What every answer and every request has to go through: headers, origin, body size, metrics."""

import time
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

from fastapi import Request, Response
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web import i18n
from bot.web.problems import problem

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(self)"),
)
_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Metrics:
    """Counters for /metrics. They count requests and turns, never people or texts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("warteschleife_requests_total", "HTTP requests", ["method", "route", "status"], registry=self.registry)
        self.seconds = Histogram("warteschleife_request_seconds", "Time to answer", ["route"], registry=self.registry)
        self.turns = Counter("warteschleife_turns_total", "Replies answered", registry=self.registry)
        self.endings = Counter("warteschleife_endings_total", "Conversations ended", ["outcome"], registry=self.registry)


class Gate:
    """Pure ASGI middleware in front of everything.

    Args:
        app: what comes behind.
        metrics: where to count.
        body_bytes: largest request body.
        hosts: names the server answers to (against DNS rebinding).
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, body_bytes: int, hosts: Sequence[str]) -> None:
        self.app = app
        self.hosts = frozenset(hosts)
        self.metrics = metrics
        self.body_bytes = body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500
        chosen = Request(scope).cookies.get(i18n.COOKIE, "de")
        i18n.language.set(chosen if chosen in i18n.LANGUAGES else "de")

        async def sender(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message.setdefault("headers", [])
                present = {name for name, _ in headers}
                headers.extend(h for h in _HEADERS if h[0] not in present)
                if b"content-security-policy" not in present:
                    headers.append((b"content-security-policy", CSP.encode()))
            await send(message)

        refused = self._refuse(Request(scope))
        await (refused or self.app)(scope, self._limited(receive), sender)
        route = getattr(scope.get("route"), "path", "other")
        self.metrics.requests.labels(scope["method"], route, str(status)).inc()
        self.metrics.seconds.labels(route).observe(time.perf_counter() - began)

    def _refuse(self, request: Request) -> Response | None:
        name = urlsplit(f"//{request.headers.get('host', '')}").hostname
        if name not in self.hosts:
            return problem(
                421, f"Unter dem Namen „{name}“ antwortet dieser Server nicht.", "Erlaubte Namen stehen in config.yml unter server.hosts."
            )
        origin = request.headers.get("origin")
        if request.method in _UNSAFE and origin and urlsplit(origin).netloc != request.headers.get("host"):
            return problem(403, f"Anfragen von „{origin}“ werden nicht angenommen.", "Die Seite direkt öffnen.")
        if "\x00" in request.url.path or "%00" in request.url.path:
            return problem(400, "Die Adresse enthält ein Nullzeichen.", "Bitte die Adresse prüfen.")
        length = request.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self.body_bytes:
            return problem(413, f"Die Anfrage ist größer als {self.body_bytes} Bytes.", "Bitte kürzen oder aufteilen (limits.body_bytes).")
        return None

    def _limited(self, receive: Receive) -> Callable[[], Awaitable[Message]]:
        seen = 0

        async def limited() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.body_bytes:
                return {"type": "http.disconnect"}
            return message

        return limited
