"""Errors as RFC 9457 problem details, or as a page for a browser."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from bot import errors
from bot.content.files import field_name, german_message, shown

_STATUS: dict[type[Exception], HTTPStatus] = {
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    errors.InvalidInputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ConflictError: HTTPStatus.CONFLICT,
    errors.StorageError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ModelError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ContentError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
_TITLES = {
    400: "Anfrage nicht lesbar",
    403: "Nicht erlaubt",
    404: "Nicht gefunden",
    405: "So nicht möglich",
    409: "Konflikt",
    413: "Zu groß",
    415: "Format nicht unterstützt",
    421: "Falscher Name",
    422: "Eingabe nicht annehmbar",
    500: "Interner Fehler",
    503: "Gerade nicht möglich",
}
ErrorPage = Callable[[Request, int, str, str, str], Response]


def problem(status: int, detail: str, remedy: str = "", **more: Any) -> JSONResponse:
    """Return a problem detail."""
    body = {"type": "about:blank", "title": _TITLES.get(status, HTTPStatus(status).phrase), "status": status, "detail": detail}
    return JSONResponse(body | ({"remedy": remedy} if remedy else {}) | more, status, media_type="application/problem+json")


def wants_page(request: Request) -> bool:
    """Tell whether a browser is looking at a page and not a program at the API."""
    path = request.url.path
    return "text/html" in request.headers.get("accept", "") and not path.startswith(("/api/", "/webhooks/"))


def install(app: FastAPI, page: ErrorPage) -> None:
    """Register the handlers for every error a user can meet."""

    def answer(request: Request, status: int, detail: str, remedy: str = "", **more: Any) -> Response:
        if wants_page(request):
            return page(request, status, _TITLES.get(status, "Fehler"), detail, remedy)
        return problem(status, detail, remedy, **more)

    @app.exception_handler(errors.WarteschleifeError)
    async def known(request: Request, error: errors.WarteschleifeError) -> Response:
        return answer(request, _STATUS.get(type(error), HTTPStatus.INTERNAL_SERVER_ERROR), error.message, error.remedy)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        found = error.errors()
        if any(e["type"] == "json_invalid" for e in found):
            return answer(request, 400, "Der Inhalt der Anfrage ist kein gültiges JSON.", "Klammern, Kommas und Anführungszeichen prüfen.")
        first = found[0]
        place = field_name(first["loc"][1:])
        value = f" (Wert: {shown(first['input'])})" if shown(first.get("input")) else ""
        fields = [{"field": field_name(e["loc"][1:]), "message": german_message(e)} for e in found]
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
