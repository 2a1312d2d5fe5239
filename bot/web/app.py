"""The application: everything put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from fastapi_offline.core import _STATIC_PATH as SWAGGER_FILES

from bot import __version__
from bot.config import Config, data_root, load_config
from bot.content import library
from bot.session import Host, Store, make_runner
from bot.understanding.train import pipeline_for
from bot.web import api, pages, problems
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
    app.add_middleware(Gate, metrics=metrics, body_bytes=settings.limits.body_bytes, hosts=settings.server.hosts)
    problems.install(app, pages.error_page)
    app.include_router(api.router, tags=["conversations"])
    app.include_router(api.outside, tags=["operation"])
    app.include_router(pages.router)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    app.mount("/swagger", StaticFiles(directory=SWAGGER_FILES), name="swagger")

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> Response:
        page = pages.render("docs.html").body
        return HTMLResponse(page, headers={"content-security-policy": _SWAGGER_CSP})

    return app
