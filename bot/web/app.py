"""The application: everything put together."""

import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from fastapi_offline.core import _STATIC_PATH as SWAGGER_FILES
from starlette.middleware.sessions import SessionMiddleware

from bot import __version__
from bot.config import Config, data_root, load_config
from bot.content import library
from bot.session import Accounts, Assessments, Host, Store, Team, make_runner
from bot.understanding.train import pipeline_for
from bot.web import api, assess, exports, pages, people, problems, start, team
from bot.web.access import PUBLIC, LoginRate, allow
from bot.web.render import render
from bot.web.security import Gate, Metrics

_STATIC = Path(__file__).parent / "static"
_SWAGGER_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'"
)


def create_app(config: Config | None = None) -> FastAPI:
    """Return the application.

    Args:
        config: settings; those of config.yml when None.

    Raises:
        ContentError, StorageError: at once, for content or storage that cannot be used.
    """
    settings = config or load_config()
    metrics = Metrics()

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        store = Store(settings.database_url, settings.storage.durability)
        runner = make_runner(settings.action_endpoint)
        await store.migrate()
        app.state.host = Host(store, runner, settings.limits.conversation_replies)
        app.state.accounts = Accounts(store, settings.accounts)
        app.state.assessments = Assessments(store)
        app.state.team = Team(store)
        app.state.check_time = assess.check_time
        app.state.solo = await app.state.accounts.solo()
        try:
            yield
        finally:
            await runner.close()
            await store.close()

    app = FastAPI(
        title="Warteschleife",
        version=__version__,
        summary="Training customers for customer service: conversations, ratings, scorecards.",
        lifespan=life,
        docs_url=None,
        redoc_url=None,
    )
    app.state.config = settings
    app.state.metrics = metrics
    app.state.library = library(data_root())
    app.state.pipeline = pipeline_for(settings.models, data_root(), settings)
    public_name = urlsplit(settings.accounts.public_url).hostname
    names = [*settings.server.hosts, *([public_name] if public_name else [])]
    app.add_middleware(Gate, metrics=metrics, body_bytes=settings.limits.body_bytes, hosts=names)
    app.state.estimator = start.estimator(settings.learning)
    app.state.login_rate = LoginRate(settings.accounts.login_rate)
    app.state.oauth = people.make_oauth(settings.accounts)
    if app.state.oauth:
        # Holds the state of a single sign-on under way, signed; the same key in every process.
        secret = settings.accounts.oidc.client_secret.get_secret_value() or secrets.token_urlsafe(32)
        key = hashlib.sha256(f"warteschleife sso {secret}".encode()).hexdigest()
        app.add_middleware(
            SessionMiddleware,
            secret_key=key,
            session_cookie="sso",
            max_age=600,
            same_site="lax",
            https_only=settings.accounts.secure_cookies,
        )
    problems.install(app, pages.error_page, people.login_page)
    app.include_router(api.router, tags=["conversations"])
    app.include_router(api.logins, tags=["login"])
    app.include_router(api.rasa_channel, tags=["conversations"])
    app.include_router(api.outside, tags=["operation"])
    for router in (
        start.router,
        start.leads,
        start.outside,
        pages.router,
        people.outside,
        people.own,
        people.router,
        assess.own,
        assess.leads,
        exports.leads,
        team.router,
    ):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    app.mount("/swagger", StaticFiles(directory=SWAGGER_FILES), name="swagger")

    @app.get("/docs", include_in_schema=False, dependencies=[Depends(allow(PUBLIC))])
    async def docs(request: Request) -> Response:
        return render(request, "docs.html", headers={"content-security-policy": _SWAGGER_CSP})

    return app
