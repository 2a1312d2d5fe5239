"""Files for team leads: the released results of assessments as CSV and JSON, written while they are read."""

import csv
import io
import json
import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from bot.assessment.forms import PARTS
from bot.session import note_export, released_results
from bot.web.access import ThePerson, lead
from bot.web.api import TheHost

leads = APIRouter(prefix="/exports", include_in_schema=False, dependencies=[Depends(lead)])

COLUMNS = (
    "attempt", "form", "person", "started_at", "finished_at", "released_at", "second_look", "case", "scenario", "persona", "played",
    "outcome", "case_points", "human_case_points", "missed", "total", "human_total", "pass_mark", "passed",
)  # fmt: skip
"""Columns of the table, in this order; after them comes one for each part of a form, named `part_…`."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a cell must not begin with: a spreadsheet would take it for a formula, or look behind it for one."""
_TIMES = ("started_at", "finished_at", "released_at")


@leads.get("/results.csv")
async def results_csv(conversations: TheHost, person: ThePerson) -> StreamingResponse:
    """Return all released results as a table, one row for each attempt and case."""
    await note_export(conversations.store, person, "csv")

    async def lines() -> AsyncIterator[bytes]:
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer)  # as RFC 4180 has it: commas, quotation marks where needed, CRLF
        writer.writerow([*COLUMNS, *(f"part_{part}" for part in PARTS)])
        yield b"\xef\xbb\xbf"  # by this mark spreadsheets know that it is UTF-8
        async for row in released_results(conversations.store):
            timed = _timed(row)
            writer.writerow([*(_cell(timed[name]) for name in COLUMNS), *(_cell(row["parts"].get(part)) for part in PARTS)])
            yield _drained(buffer)
        yield _drained(buffer)

    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8; header=present", headers=_named("csv"))


@leads.get("/results.json")
async def results_json(conversations: TheHost, person: ThePerson) -> StreamingResponse:
    """Return all released results as a JSON list, one entry for each attempt and case."""
    await note_export(conversations.store, person, "json")

    async def pieces() -> AsyncIterator[str]:
        before = "[\n"
        async for row in released_results(conversations.store):
            yield before + json.dumps(_timed(row), ensure_ascii=False)
            before = ",\n"
        yield "[]\n" if before == "[\n" else "\n]\n"

    return StreamingResponse(pieces(), media_type="application/json", headers=_named("json"))


def _named(ending: str) -> dict[str, str]:
    name = f'attachment; filename="warteschleife-results-{time.strftime("%Y-%m-%d")}.{ending}"'
    return {"Content-Disposition": name, "Cache-Control": "private, no-store"}


def _timed(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with its times as text, in UTC: 2026-12-31T14:05:09Z."""
    times = {name: datetime.fromtimestamp(row[name], UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for name in _TIMES if row[name] is not None}
    return {**row, **times}


def _cell(value: Any) -> Any:
    """Return a value as a cell of the table. Text that a spreadsheet would run as a formula gets an apostrophe in front."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        value = " ".join(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _drained(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
