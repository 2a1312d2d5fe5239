"""Rendering a template for whoever is looking: their language, their name, what their forms must carry."""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.acts import ACT_NAMES
from bot.web import i18n, words
from bot.web.access import FIELD, is_solo
from bot.web.charts import MOODS
from bot.web.report import marked

_jinja = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    extensions=["jinja2.ext.i18n"],
)
_jinja.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=True)  # type: ignore[attr-defined]
_jinja.globals.update(words=words, acts=ACT_NAMES, moods=MOODS, marked=marked, languages=i18n.LANGUAGES)

_PAUSE = re.compile(r"\[([^\]]+)\]")


def _percent(value: float) -> int:
    return round(100 * value)


def _spoken(text: str) -> list[list[tuple[str, bool]]]:
    """Return paragraphs as (text, is stage direction) stretches: `[Pause]` is heard, not said."""
    return [[(part, i % 2 == 1) for i, part in enumerate(_PAUSE.split(line)) if part] for line in text.splitlines() if line.strip()]


def _clause(text: str) -> str:
    return text.rstrip(" .")


def decimal(value: float) -> str:
    """Return a number as it is written in the language of this request: 12,5 or 12.5, and 3."""
    return str(format_decimal(round(value, 2), format="0.##", locale=i18n.language.get()))


def _day(seconds: float) -> str:
    return str(format_date(datetime.fromtimestamp(seconds), format="medium", locale=i18n.language.get()))


def _moment(seconds: float) -> str:
    return str(format_datetime(datetime.fromtimestamp(seconds), format="short", locale=i18n.language.get()))


_jinja.filters.update(decimal=decimal, percent=_percent, spoken=_spoken, clause=_clause, day=_day, moment=_moment, t=i18n.gettext)


def csrf_field(request: Request) -> Markup:
    """Return the hidden field that proves that a form is one of ours."""
    person = getattr(request.state, "person", None)
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, person.csrf) if person else Markup("")


def render(request: Request, name: str, /, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any) -> HTMLResponse:
    """Return a template as an answer.

    Args:
        request: who is looking.
        name: of the template.
        status: of the answer.
        headers: more headers.
        values: for the template.
    """
    place = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    shared = {
        "person": getattr(request.state, "person", None),
        "solo": is_solo(request),
        "csrf": csrf_field(request),
        "language": i18n.language.get(),
        "here": request.url.path,
        "place": quote(place if request.method == "GET" else "/", safe="/"),
    }
    return HTMLResponse(
        _jinja.get_template(name).render(shared | values), status, {"cache-control": "private, no-cache"} | dict(headers or {})
    )
