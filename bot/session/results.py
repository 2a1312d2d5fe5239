"""Results of assessments for those who take them along: all released ones as a table, and everything about one person's."""

import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from sqlalchemy import and_, insert, or_, select

from bot.session.accounts import Person
from bot.session.store import Store
from bot.session.tables import accounts, assignments, attempt_cases, attempts, audit, forms, opinions

_PAGE = 100
"""Attempts that are read at once, so that neither memory nor a transaction grows with what there is."""


async def released_results(store: Store, page: int = _PAGE) -> AsyncIterator[Mapping[str, Any]]:
    """Yield the released results, the earliest release first; one row for each case of an attempt.

    A result that is released while they are read comes at the end.

    Args:
        store: whose database it is.
        page: attempts that are read at once.

    Yields:
        {attempt, form, person, started_at, finished_at, released_at, second_look, case, scenario, persona, played, outcome, case_points,
        human_case_points, parts: {part: value}, missed: [must-do], total, human_total, pass_mark, passed}. `human_…` is what a person set
        otherwise, None where nobody did; `passed` is what holds in the end, after all that people set otherwise.
    """
    query = (
        select(attempts, accounts.c.name.label("person"), forms.c.data.label("form"))
        .join(assignments, assignments.c.id == attempts.c.assignment_id)
        .join(accounts, accounts.c.id == assignments.c.account_id)
        .join(forms, forms.c.id == assignments.c.form_id)
        .where(attempts.c.released_at.is_not(None), attempts.c.result.is_not(None))
        .order_by(attempts.c.released_at, attempts.c.id)
        .limit(page)
    )
    after = query
    while rows := await store.fetch(after):
        said = await _latest_values(store, [row["id"] for row in rows])
        for row in rows:
            for entry in _rows(row, said.get(row["id"], {})):
                yield entry
        when, last = rows[-1]["released_at"], rows[-1]["id"]
        after = query.where(or_(attempts.c.released_at > when, and_(attempts.c.released_at == when, attempts.c.id > last)))


async def _latest_values(store: Store, ids: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return attempt -> place -> the latest value that a person set there."""
    query = select(opinions.c.attempt_id, opinions.c.place, opinions.c.value).where(
        opinions.c.attempt_id.in_(ids), opinions.c.kind.in_(("score", "must")), opinions.c.value.is_not(None)
    )
    found: dict[str, dict[str, float]] = {}
    for row in await store.fetch(query.order_by(opinions.c.id)):
        found.setdefault(row["attempt_id"], {})[row["place"]] = row["value"]
    return found


def _rows(row: Mapping[str, Any], said: Mapping[str, float]) -> list[dict[str, Any]]:
    form, result = json.loads(row["form"]), json.loads(row["result"])
    missed = [_missed(case, position, said) for position, case in enumerate(result["cases"])]
    total = said.get("", result["total"] if result["complete"] else -1.0)
    whole = {
        "attempt": row["id"],
        "form": form["title"],
        "person": row["person"],
        "started_at": row["started_at"],
        "finished_at": row["finished_at"],
        "released_at": row["released_at"],
        "second_look": _second_look(row["second_by"]),
        "total": result["total"],
        "human_total": said.get(""),
        "pass_mark": form["pass_mark"],
        "passed": total >= form["pass_mark"] and not any(missed),
    }
    return [
        whole
        | {
            "case": position + 1,
            "scenario": case["case"]["scenario"],
            "persona": case["case"]["persona"],
            "played": case["played"],
            "outcome": case["outcome"],
            "case_points": case["points"],
            "human_case_points": said.get(str(position)),
            "missed": missed[position],
            "parts": {line["what"]: line["value"] for line in case["lines"]},
        }
        for position, case in enumerate(result["cases"])
    ]


def _missed(case: Mapping[str, Any], position: int, said: Mapping[str, float]) -> list[str]:
    """Return the must-dos of a case that do not hold, as the latest person found or else the program."""
    return [
        name
        for name, finding in case["musts"].items()
        if (said[place] == 0 if (place := f"{position}/must/{name}") in said else finding["held"] is False)
    ]


async def assessments_of(store: Store, account_id: str) -> list[dict[str, Any]]:
    """Return everything about a person's assessments, for the export of their data; results only once they are released.

    Args:
        store: whose database it is.
        account_id: whose.

    Returns:
        {form, assigned_at, due_at, attempts: [{started_at, ends_at, finished_at, released_at, second_look, conversations, result, said}]},
        the earliest first. `result` and `said` are None before the release.
    """
    given = await store.fetch(
        select(assignments, forms.c.data)
        .join(forms, forms.c.id == assignments.c.form_id)
        .where(assignments.c.account_id == account_id)
        .order_by(assignments.c.created_at, assignments.c.id)
    )
    tries = await store.fetch(
        select(attempts)
        .join(assignments, assignments.c.id == attempts.c.assignment_id)
        .where(assignments.c.account_id == account_id)
        .order_by(attempts.c.started_at, attempts.c.id)
    )
    about = {row["id"]: await _about_attempt(store, row, account_id) for row in tries}
    return [
        {
            "form": json.loads(row["data"])["title"],
            "assigned_at": row["created_at"],
            "due_at": row["due_at"],
            "attempts": [about[t["id"]] for t in tries if t["assignment_id"] == row["id"]],
        }
        for row in given
    ]


async def _about_attempt(store: Store, row: Mapping[str, Any], account_id: str) -> dict[str, Any]:
    released = row["released_at"] is not None
    played = select(attempt_cases.c.conversation_id).where(attempt_cases.c.attempt_id == row["id"]).order_by(attempt_cases.c.position)
    said = select(opinions).where(opinions.c.attempt_id == row["id"]).order_by(opinions.c.id)
    return {name: row[name] for name in ("started_at", "ends_at", "finished_at", "released_at")} | {
        "second_look": _second_look(row["second_by"]),
        "conversations": [c["conversation_id"] for c in await store.fetch(played)],
        "result": json.loads(row["result"]) if released and row["result"] else None,
        "said": [
            {name: o[name] for name in ("kind", "place", "value", "text", "created_at")} | {"by_myself": o["author"] == account_id}
            for o in await store.fetch(said)
        ]
        if released
        else None,
    }


def _second_look(second_by: str | None) -> str:
    return "" if second_by is None else "open" if second_by == "" else "done"


async def note_export(store: Store, by: Person, kind: str) -> None:
    """Note in the audit log that somebody took all released results with them.

    Args:
        store: whose database it is.
        by: who.
        kind: csv or json.
    """
    await store.change(insert(audit).values(at=time.time(), actor=by.id, action="results_exported", subject=kind, detail="{}"))
