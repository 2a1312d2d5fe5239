"""Retention on SQLite and on a real PostgreSQL: what goes when, what stays, and statistics that deleting does not change."""

import asyncio
import csv
import io
import json
import os
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import DBAPIError

from bot.config import RetentionSettings
from bot.errors import NotFoundError
from bot.session import SOLO, Accounts, Assessments, Header, Host, Person, Retention, Store, assessments_of, released_results
from bot.session.store import Finished
from bot.session.tables import (
    accounts,
    assignments,
    attempt_cases,
    attempts,
    audit,
    conversations,
    events,
    metadata,
    opinions,
    shown_skills,
    tallies,
)  # fmt: skip
from bot.web.exports import _cell
from tests.dialogues import SCENARIO, SEED

DAY = 86400.0
NOW = 1_800_000_000.0
"""15 January 2027, so that a year back is another month."""
SHOWN = {"listening": 71.5, "ownership": 40.0}


async def somebody(store: Store, name: str, role: str = "trainee") -> Person:
    row = {"id": name.lower(), "name": name, "email": f"{name.lower()}@firma.example", "role": role, "password": "", "subject": None}
    await store.change(insert(accounts).values(**row, csrf="x", active=True, created_at=1.0))
    return await Accounts(store, None).person(name.lower())  # type: ignore[arg-type]


async def played(
    store: Store, owner: str, name: str, days_ago: float, *, shared: bool = False, mode: str = "practice", **points: float
) -> str:
    """Store a finished conversation that was last used some days before NOW."""
    header = Header(name, owner, SCENARIO, "silvio_kretzschmar", "phone", SEED, mode)
    await store.create(header, [{"event": "user", "text": "Hallo", "timestamp": 1.0}])
    await store.append(
        name, 1, [{"event": "bot", "text": "Na endlich!", "timestamp": 2.0}], "resolved", Finished(70, 60, 0, points or SHOWN)
    )
    when = NOW - days_ago * DAY
    values = {"created_at": when, "updated_at": when, "finished_at": when, "shared_at": when if shared else None}
    await store.change(update(conversations).where(conversations.c.id == name).values(**values))
    return name


async def assessed(
    store: Store, who: Person, lead: Person, name: str, days_ago: float, *, state: str = "released", form: str = "Frühjahr",
    due: float | None = None,
) -> str:  # fmt: skip
    """Store an assessment with one attempt of two cases; state: unbegun, running, overdue, finished, released, objected or closed."""
    stored, when = Assessments(store), NOW - days_ago * DAY
    form_id = await stored.add_form({"title": form, "pass_mark": 60}, lead)
    await stored.assign(form_id, [who], due, lead)
    (given,) = await stored.assignments(account_id=who.id, form_id=form_id)
    if state == "unbegun":
        return given.id
    await store.change(
        insert(attempts).values(id=name, assignment_id=given.id, started_at=when, ends_at=when if state == "overdue" else None)
    )
    for position in range(2):
        cid = await played(store, who.id, f"{name}-{position}", days_ago, mode="assessment", expectation=50.0 + position)
        await stored.add_case(await stored.attempt(name), position, cid)
    if state in ("running", "overdue"):
        return given.id
    await stored.finish(name, RESULT, who)
    await stored.say(name, lead, "comment", "", None, "Gut zugehört.")
    if state != "finished":
        await stored.release(name, lead)
    if state in ("objected", "closed"):
        await stored.ask_second(name, "Das sehe ich anders.", who)
    if state == "closed":
        await store.change(update(attempts).where(attempts.c.id == name).values(second_by="lutz"))
    times = {"finished_at": when} | ({} if state == "finished" else {"released_at": when})
    await store.change(update(attempts).where(attempts.c.id == name).values(**times))
    return given.id


def _case(points: float, held: bool | None = True) -> dict:
    return {
        "case": {"scenario": SCENARIO, "persona": "silvio_kretzschmar", "seed": SEED}, "played": True, "outcome": "resolved",
        "points": points, "components": {}, "musts": {"own_name": {"held": held, "evidence": [], "remark": ""}},
        "lines": [{"what": "er", "text": "Emotionale Reaktion", "value": 50.0, "weight": 0.5, "points": 25.0}],
    }  # fmt: skip


RESULT = {"cases": [_case(62.0), _case(70.0)], "lines": [], "total": 66.0, "complete": True, "missed": [], "passed": True}


async def count(store: Store, table, *conditions) -> int:
    return int((await store.fetch(select(func.count().label("n")).select_from(table).where(*conditions)))[0]["n"])


async def ids(store: Store, table) -> set[str]:
    return {row["id"] for row in await store.fetch(select(table.c.id))}


def comparable(rows) -> list[tuple]:
    """Return statistics with sums that do not depend on the order of adding up."""
    return [(r["scenario"], r["skill"], r["month"], r["count"], round(r["points"], 6), round(r["squares"], 6)) for r in rows]


def limits(practice: int = 0, assessment: int = 0) -> RetentionSettings:
    return RetentionSettings(practice_days=practice, assessment_days=assessment)


# --- what goes, what stays --------------------------------------------------------------------------------------------


async def test_practice_older_than_its_limit_goes_and_younger_stays(store: Store):
    anna = await somebody(store, "Anna")
    for days in (10, 364.9, 365.1, 900):
        await played(store, anna.id, f"vor-{days}", days)
    practice, assessments = await Retention(store, limits(practice=365)).delete(NOW)
    assert (practice.count, practice.oldest, practice.newest) == (2, NOW - 900 * DAY, pytest.approx(NOW - 365.1 * DAY))
    assert (assessments.days, assessments.count) == (0, 0)
    assert await ids(store, conversations) == {"vor-10", "vor-364.9"}
    assert await count(store, events) == 4
    assert await count(store, shown_skills) == 4


async def test_nothing_goes_without_a_limit(store: Store):
    anna, lead = await somebody(store, "Anna"), await somebody(store, "Lena", "lead")
    await played(store, anna.id, "alt", 9000)
    await assessed(store, anna, lead, "versuch", 9000)
    found = await Retention(store, limits()).delete(NOW)
    assert [(o.kind, o.count, o.oldest) for o in found] == [("practice", 0, None), ("assessments", 0, None)]
    assert await count(store, conversations) == 3
    assert await count(store, attempts) == 1


async def test_looking_changes_nothing_and_says_what_deleting_then_does(store: Store):
    anna, lead = await somebody(store, "Anna"), await somebody(store, "Lena", "lead")
    await played(store, anna.id, "alt", 500)
    await assessed(store, anna, lead, "versuch", 800)
    retention = Retention(store, limits(365, 700))
    before = [await count(store, table) for table in metadata.sorted_tables]
    found = await retention.find(NOW)
    assert [await count(store, table) for table in metadata.sorted_tables] == before
    assert [(o.kind, o.count, o.attempts, o.conversations) for o in found] == [("practice", 1, 0, 0), ("assessments", 1, 1, 2)]
    assert await retention.delete(NOW) == found
    assert [o.count for o in await retention.find(NOW)] == [0, 0]
    assert [o.count for o in await retention.delete(NOW)] == [0, 0]


async def test_a_practice_limit_leaves_the_conversations_of_assessments(store: Store):
    anna, lead = await somebody(store, "Anna"), await somebody(store, "Lena", "lead")
    await assessed(store, anna, lead, "versuch", 800)
    assert [o.count for o in await Retention(store, limits(practice=1)).delete(NOW)] == [0, 0]
    assert await count(store, conversations) == 2


@pytest.mark.parametrize(
    ("state", "goes"),
    [("running", False), ("overdue", True), ("finished", True), ("released", True), ("objected", False), ("closed", True)],
)
async def test_an_old_assessment_goes_with_everything_unless_something_is_open(store: Store, state: str, goes: bool):
    anna, lead = await somebody(store, "Anna"), await somebody(store, "Lena", "lead")
    await somebody(store, "Lutz", "lead")
    await assessed(store, anna, lead, "alt", 800, state=state)
    await assessed(store, anna, lead, "jung", 10)
    (_, went) = await Retention(store, limits(assessment=700)).delete(NOW)
    assert (went.count, went.attempts, went.conversations) == ((1, 1, 2) if goes else (0, 0, 0))
    assert await ids(store, attempts) == ({"jung"} if goes else {"alt", "jung"})
    assert await count(store, attempt_cases) == (2 if goes else 4)
    assert await count(store, opinions, opinions.c.attempt_id == "jung") == 1
    assert (await count(store, opinions, opinions.c.attempt_id == "alt") == 0) or not goes
    assert await count(store, assignments) == (1 if goes else 2)


async def test_an_assessment_nobody_began_goes_after_its_date_and_stays_without_one(store: Store):
    anna, lead = await somebody(store, "Anna"), await somebody(store, "Lena", "lead")
    await assessed(store, anna, lead, "", 0, state="unbegun", due=NOW - 800 * DAY)
    kept = {await assessed(store, anna, lead, "", 0, state="unbegun"), await assessed(store, anna, lead, "", 0, state="unbegun", due=NOW)}
    assert (await Retention(store, limits(assessment=700)).delete(NOW))[1].count == 1
    assert await ids(store, assignments) == kept


async def test_deleting_attempts_never_gives_attempts_back(store: Store):
    anna, lead = await somebody(store, "Anna"), await somebody(store, "Lena", "lead")
    given = await assessed(store, anna, lead, "erster", 800)
    recent = {"id": "zweiter", "assignment_id": given, "started_at": NOW, "finished_at": NOW, "released_at": NOW}
    await store.change(insert(attempts).values(**recent))
    assert (await Retention(store, limits(assessment=700)).delete(NOW))[1].count == 0
    assert await ids(store, attempts) == {"erster", "zweiter"}


async def test_batches_smaller_than_what_is_old_delete_all_of_it(store: Store):
    anna, lead = await somebody(store, "Anna"), await somebody(store, "Lena", "lead")
    for n in range(7):
        await played(store, anna.id, f"alt-{n}", 400 + n)
    for n in range(3):
        await assessed(store, anna, lead, f"versuch-{n}", 800 + n)
    practice, assessments = await Retention(store, limits(365, 700), batch=2).delete(NOW)
    assert (practice.count, assessments.count, assessments.conversations) == (7, 3, 6)
    assert await count(store, conversations) == 0


async def test_the_audit_log_stays_and_notes_how_much_went_but_nobodys_name(store: Store):
    anna, lead = await somebody(store, "Anna"), await somebody(store, "Lena", "lead")
    await played(store, anna.id, "alt", 400)
    await assessed(store, anna, lead, "versuch", 800)
    before = await count(store, audit)
    await Retention(store, limits(365, 700)).delete(NOW)
    await Retention(store, limits(365, 700)).delete(NOW)  # nothing more went, nothing more is noted
    rows = (await store.fetch(select(audit).order_by(audit.c.id)))[before:]
    assert [(r["actor"], r["action"], r["subject"], json.loads(r["detail"])) for r in rows] == [
        ("retention", "outdated_deleted", "practice", {"count": 1, "attempts": 0, "conversations": 0, "days": 365}),
        ("retention", "outdated_deleted", "assessments", {"count": 1, "attempts": 1, "conversations": 2, "days": 700}),
    ]


# --- statistics -------------------------------------------------------------------------------------------------------


async def test_statistics_count_what_may_be_seen_by_scenario_skill_and_month(store: Store):
    anna, lead = await somebody(store, "Anna"), await somebody(store, "Lena", "lead")
    await played(store, anna.id, "gezeigt", 0, shared=True, listening=60.0)
    await played(store, anna.id, "auch-gezeigt", 1, shared=True, listening=80.0)
    await played(store, anna.id, "im-dezember", 31, shared=True, listening=10.0)
    await played(store, anna.id, "privat", 0, listening=99.0)
    await assessed(store, anna, lead, "frei", 0)
    await assessed(store, anna, lead, "nicht-frei", 0, state="finished")
    assert comparable(await store.statistics()) == [
        (SCENARIO, "listening", "2026-12", 1, 10.0, 100.0),
        (SCENARIO, "expectation", "2027-01", 2, 101.0, 5101.0),
        (SCENARIO, "listening", "2027-01", 2, 140.0, 10000.0),
    ]


@pytest.mark.parametrize("how", ["one", "all", "account", "retention"])
async def test_deleting_never_changes_the_statistics_and_leaves_nobodys_name(store: Store, people: Accounts, config, how: str):
    anna, lead = await somebody(store, "Anna"), await somebody(store, "Lena", "lead")
    await somebody(store, "Ada", "admin")
    await played(store, lead.id, "bleibt", 400, shared=True)
    for n in range(4):
        await played(store, anna.id, f"gezeigt-{n}", 400 + 20 * n, shared=True, listening=20.0 * n, ownership=33.3)
    await played(store, anna.id, "privat", 400)
    await assessed(store, anna, lead, "versuch", 800)
    before, host = comparable(await store.statistics()), Host(store, None, 60)  # type: ignore[arg-type]
    if how == "one":
        for name in ("gezeigt-0", "gezeigt-2", "privat"):
            await store.delete(name)
    elif how == "all":
        await host.delete_all(anna.id)
        assert await store.count(anna.id) == 0
        assert await count(store, assignments) == 0
    elif how == "account":
        await people.delete(anna.id)
    else:
        await Retention(store, limits(365, 700)).delete(NOW)
        assert await count(store, conversations) == 0
    assert comparable(await store.statistics()) == before
    assert await count(store, tallies) > 0
    assert set(tallies.c.keys()) == {"scenario", "skill", "month", "count", "points", "squares"}
    left = str(await store.fetch(select(tallies)))
    assert not any(word in left for word in ("anna", "gezeigt", "versuch"))


async def test_private_practice_leaves_nothing_behind(store: Store):
    anna = await somebody(store, "Anna")
    await played(store, anna.id, "privat", 400)
    await played(store, anna.id, "zurückgenommen", 400, shared=True)
    await store.share("zurückgenommen", shared=False)
    await Retention(store, limits(practice=365)).delete(NOW)
    assert await count(store, conversations) == 0
    assert await count(store, tallies) == 0


async def test_two_who_delete_the_same_at_once_count_it_once(database: str, store: Store):
    anna = await somebody(store, "Anna")
    other = Store(database)
    try:
        for n in range(8):
            await played(store, anna.id, f"gezeigt-{n}", 400, shared=True)
        before = comparable(await store.statistics())
        results = await asyncio.gather(
            *(s.delete(f"gezeigt-{n}") for n in range(8) for s in (store, other)),
            *(Retention(s, limits(practice=365), batch=3).delete(NOW) for s in (store, other)),
            return_exceptions=True,
        )
        assert {type(r) for r in results if isinstance(r, Exception)} <= {NotFoundError}, results
        assert await count(store, conversations) == 0
        assert comparable(await store.statistics()) == before
    finally:
        await other.close()


async def test_a_failure_deletes_and_counts_nothing(store: Store, monkeypatch: pytest.MonkeyPatch):
    anna = await somebody(store, "Anna")
    await played(store, anna.id, "gezeigt", 400, shared=True)
    before = comparable(await store.statistics())
    deletions = store.deletions
    broken = insert(audit).values(id=1, at=None, actor="x", action="x", subject="x", detail="{}")  # `at` may not be empty
    monkeypatch.setattr(store, "deletions", lambda chosen: [*deletions(chosen), broken])
    with pytest.raises(DBAPIError):
        await store.delete("gezeigt")
    assert await count(store, conversations) == 1
    assert await count(store, tallies) == 0
    assert comparable(await store.statistics()) == before


async def test_deleting_everything_without_login_takes_assessments_along(store: Store):
    solo = await Accounts(store, None).solo()  # type: ignore[arg-type]
    await assessed(store, solo, solo, "versuch", 1)
    await Host(store, None, 60).delete_all(SOLO)  # type: ignore[arg-type]
    for table in (conversations, events, attempts, attempt_cases, assignments, opinions):
        assert await count(store, table) == 0, table.name


# --- results to take along --------------------------------------------------------------------------------------------


async def test_released_results_come_page_by_page_in_order_and_nothing_else(store: Store):
    anna, lead = await somebody(store, "Anna"), await somebody(store, "Lena", "lead")
    for n in range(5):
        await assessed(store, anna, lead, f"frei-{n}", 30 - n // 2)  # some at the very same time
    for state in ("running", "finished"):
        await assessed(store, anna, lead, state, 1, state=state)
    for page in (1, 2, 100):
        rows = [(row["attempt"], row["case"]) async for row in released_results(store, page)]
        assert rows == [(f"frei-{n}", case) for n in range(5) for case in (1, 2)]


async def test_what_people_set_otherwise_stands_beside_what_the_program_found(store: Store):
    anna, lead = await somebody(store, "Anna"), await somebody(store, "Lena", "lead")
    stored = Assessments(store)
    await assessed(store, anna, lead, "v", 1)
    rows = [row async for row in released_results(store)]
    assert [(r["person"], r["form"], r["total"], r["human_total"], r["passed"], r["parts"]) for r in rows] == [
        ("Anna", "Frühjahr", 66.0, None, True, {"er": 50.0})
    ] * 2
    await stored.say("v", lead, "must", "1/must/own_name", 0.0, "Der Name fehlt.")
    rows = [row async for row in released_results(store)]
    assert [(r["missed"], r["passed"]) for r in rows] == [([], False), (["own_name"], False)]
    await stored.say("v", lead, "must", "1/must/own_name", 100.0, "Doch, ganz am Anfang.")
    await stored.say("v", lead, "score", "", 80.0, "Zu streng.")
    await stored.say("v", lead, "score", "", 59.0, "Doch nicht.")
    await stored.say("v", lead, "score", "0", 12.0, "Dieser Fall nicht.")
    rows = [row async for row in released_results(store)]
    assert [(r["missed"], r["human_total"], r["human_case_points"], r["passed"]) for r in rows] == [
        ([], 59.0, 12.0, False), ([], 59.0, None, False),
    ]  # fmt: skip


async def test_ones_own_export_holds_results_only_after_the_release(store: Store):
    anna, lead = await somebody(store, "Anna"), await somebody(store, "Lena", "lead")
    await assessed(store, anna, lead, "alt", 9)
    await assessed(store, anna, lead, "neu", 1, state="finished")
    await assessed(store, lead, lead, "fremd", 1)
    first, second = await assessments_of(store, anna.id)
    assert (first["attempts"][0]["result"], first["attempts"][0]["conversations"]) == (RESULT, ["alt-0", "alt-1"])
    assert [(s["text"], s["by_myself"]) for s in first["attempts"][0]["said"]] == [("Gut zugehört.", False)]
    assert (second["attempts"][0]["result"], second["attempts"][0]["said"]) == (None, None)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_cell_that_would_run_as_a_formula_is_defused_and_numbers_are_not(start: str):
    buffer = io.StringIO()
    csv.writer(buffer).writerow([_cell(f'{start}HYPERLINK("x")'), _cell(-1.5), _cell("a=b"), _cell(None), _cell(False)])
    (row,) = csv.reader(io.StringIO(buffer.getvalue(), newline=""))
    assert row == [f'\'{start}HYPERLINK("x")', "-1.5", "a=b", "", "false"]


def test_the_present_is_meant_when_no_time_is_given():
    practice, _ = Retention(None, limits(practice=10))._limits(time.time())  # type: ignore[arg-type]
    assert abs(time.time() - 10 * DAY - practice.before) < 5


# --- the command ------------------------------------------------------------------------------------------------------


def retain(folder: Path, *arguments: str, **settings: str) -> list[str]:
    chosen = {f"WARTESCHLEIFE_RETENTION__{name}": value for name, value in settings.items()}
    environment = {**os.environ, "WARTESCHLEIFE_STORAGE__FOLDER": str(folder), **chosen}
    command = [sys.executable, "-m", "bot.cli", "retain", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


async def test_the_command_shows_and_then_does_it_and_says_how_much_of_what_age(tmp_path: Path):
    store = Store(f"sqlite+aiosqlite:///{tmp_path / 'warteschleife.db'}")
    await store.migrate()
    anna, lead = await somebody(store, "Anna"), await somebody(store, "Lena", "lead")
    away = (NOW - time.time()) / DAY  # the command lives in the present
    for days in (10, 400, 500):
        await played(store, anna.id, f"vor-{days}", days + away)
    await assessed(store, anna, lead, "versuch", 800 + away)
    day = [datetime.fromtimestamp(time.time() - days * DAY).strftime("%d.%m.%Y") for days in (365, 500, 400)]
    expected = f"Übungsgespräche, zuletzt benutzt vor dem {day[0]} (retention.practice_days: 365): 2 {{}}; vom {day[1]} bis {day[2]}."
    kept = "Prüfungen: keine Frist (retention.assessment_days: 0), nichts wird gelöscht."
    assert await asyncio.to_thread(retain, tmp_path, "--dry-run", PRACTICE_DAYS="365") == [expected.format("würden gelöscht"), kept]
    assert await count(store, conversations) == 5
    assert await asyncio.to_thread(retain, tmp_path, PRACTICE_DAYS="365") == [expected.format("gelöscht"), kept]
    assert await ids(store, conversations) == {"vor-10", "versuch-0", "versuch-1"}
    first, second = await asyncio.to_thread(retain, tmp_path, PRACTICE_DAYS="365", ASSESSMENT_DAYS="700")
    assert first.endswith("nichts zu löschen.")
    assert "1 gelöscht mit Versuchen: 1, Gesprächen: 2" in second
    assert await ids(store, conversations) == {"vor-10"}
    await store.close()
