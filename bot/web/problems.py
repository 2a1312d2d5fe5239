"""Errors as RFC 9457 problem details, or as a page for a browser."""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from bot import errors
from bot.content.files import field_name, german_message, shown
from bot.web.i18n import N_, gettext

_STATUS: dict[type[Exception], HTTPStatus] = {
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    errors.InvalidInputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ConflictError: HTTPStatus.CONFLICT,
    errors.StorageError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ModelError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ContentError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.LoginNeededError: HTTPStatus.UNAUTHORIZED,
    errors.ForbiddenError: HTTPStatus.FORBIDDEN,
    errors.TooManyError: HTTPStatus.TOO_MANY_REQUESTS,
}


def _status_of(error: Exception) -> HTTPStatus:
    """Return the status of an error: that of its class or of the nearest above."""
    return next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), HTTPStatus.INTERNAL_SERVER_ERROR)


_TITLES = {
    400: N_("Anfrage nicht lesbar"),
    401: N_("Nicht angemeldet"),
    403: N_("Nicht erlaubt"),
    404: N_("Nicht gefunden"),
    405: N_("So nicht möglich"),
    409: N_("Konflikt"),
    413: N_("Zu groß"),
    415: N_("Format nicht unterstützt"),
    421: N_("Falscher Name"),
    422: N_("Eingabe nicht annehmbar"),
    429: N_("Zu oft versucht"),
    500: N_("Interner Fehler"),
    503: N_("Gerade nicht möglich"),
}
_log = logging.getLogger("warteschleife")
ErrorPage = Callable[[Request, int, str, str, str], Response]
LoginPage = Callable[[Request, errors.LoginNeededError], Awaitable[Response]]


def problem(status: int, detail: str, remedy: str = "", **more: Any) -> JSONResponse:
    """Return a problem detail."""
    title = gettext(_TITLES.get(status, HTTPStatus(status).phrase))
    detail, remedy = _sound(detail), _sound(remedy)
    body = {"type": "about:blank", "title": title, "status": status, "detail": gettext(detail)}
    return JSONResponse(body | ({"remedy": gettext(remedy)} if remedy else {}) | more, status, media_type="application/problem+json")


def _sound(text: str) -> str:
    """Return a text that can be sent: half of a surrogate pair cannot."""
    return text.encode("utf-8", "replace").decode()


def wants_page(request: Request) -> bool:
    """Tell whether a browser is looking at a page and not a program at the API."""
    path = request.url.path
    return "text/html" in request.headers.get("accept", "") and not path.startswith(("/api/", "/webhooks/"))


def install(app: FastAPI, page: ErrorPage, login_page: LoginPage) -> None:
    """Register the handlers for every error a user can meet.

    Args:
        app: the application.
        page: renders an error.
        login_page: what somebody sees who is not logged in.
    """

    def answer(request: Request, status: int, detail: str, remedy: str = "", **more: Any) -> Response:
        if wants_page(request):
            return page(request, status, _TITLES.get(status, "Fehler"), detail, remedy)
        return problem(status, detail, remedy, **more)

    @app.exception_handler(errors.LoginNeededError)
    async def stranger(request: Request, error: errors.LoginNeededError) -> Response:
        if not wants_page(request):
            response = problem(401, error.message, error.remedy)
            response.headers["www-authenticate"] = "Bearer"
            return response
        return await login_page(request, error)

    @app.exception_handler(errors.TooManyError)
    async def too_many(request: Request, error: errors.TooManyError) -> Response:
        response = answer(request, 429, error.message, error.remedy)
        response.headers["retry-after"] = str(error.retry_after)
        return response

    @app.exception_handler(errors.WarteschleifeError)
    async def known(request: Request, error: errors.WarteschleifeError) -> Response:
        if isinstance(error, errors.DatabaseError) and app.state.config.accounts.mode == "team":
            _log.error("%s", error)  # where the database lies is nothing for everybody
            return answer(
                request,
                503,
                "Der Speicher ist gerade nicht erreichbar.",
                "Bitte gleich noch einmal versuchen. Ihr Text ist nicht verloren.",
            )
        return answer(request, _status_of(error), error.message, error.remedy)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        found = error.errors()
        if any(e["type"] == "json_invalid" for e in found):
            return answer(request, 400, "Der Inhalt der Anfrage ist kein gültiges JSON.", "Klammern, Kommas und Anführungszeichen prüfen.")
        first = found[0]
        place = field_name(first["loc"][1:])
        value = f" (Wert: {shown(first['input'])})" if shown(first.get("input")) else ""
        fields = [{"field": _sound(field_name(e["loc"][1:])), "message": _sound(german_message(e))} for e in found]
        message = german_message(first)
        return answer(request, 422, f"{place or 'Inhalt'}: {message}{value}.", "Die erlaubten Felder stehen unter /docs.", errors=fields)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        detail, remedy = str(error.detail), ""
        if error.status_code == 404:
            detail, remedy = f"„{request.url.path}“ gibt es nicht.", "Zur Startseite: /"
        elif error.status_code == 405:
            detail, remedy = f"{request.method} geht bei „{request.url.path}“ nicht.", "Die möglichen Aufrufe stehen unter /docs."
        return answer(request, error.status_code, detail, remedy)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        return answer(
            request,
            500,
            "Da ist etwas schiefgegangen; der Fehler steht im Protokoll des Servers.",
            "Bitte noch einmal versuchen. Was gespeichert war, ist es weiterhin.",
        )
