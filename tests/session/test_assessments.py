"""Assessments on SQLite and on a real PostgreSQL: attempts and their limits, results that stay, a log that nobody changes."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import NamedTuple

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from bot.errors import ConflictError, InvalidInputError, NotFoundError
from bot.session import Accounts, Assessments, Assignment, Attempt, Header, Host, Person, Store
from bot.session.tables import attempt_cases, attempts, audit, conversations, events, metadata, opinions
from tests.dialogues import GOOD, SCENARIO, SEED
from tests.session.test_accounts import admin_of, joins

FORM = {"title": "Erste Prüfung", "cases": [{"scenario": SCENARIO, "persona": "silvio_kretzschmar", "seed": SEED}], "attempts": 1}
RESULT = {"total": 61.5, "passed": True, "cases": []}


class Cast(NamedTuple):
    lead: Person
    other_lead: Person
    anna: Person
    bert: Person


@pytest.fixture
async def cast(people: Accounts) -> Cast:
    admin = await admin_of(people)
    return Cast(
        *[
            await joins(people, admin, name, role)
            for name, role in (("Lena", "lead"), ("Lutz", "lead"), ("Anna", "trainee"), ("Bert", "trainee"))
        ]
    )


@pytest.fixture
def stored(store: Store) -> Assessments:
    return Assessments(store)


@pytest.fixture
def given(stored: Assessments, cast: Cast) -> Callable:
    async def give(person: Person, due_at: float | None = None) -> Assignment:
        form = await stored.add_form(FORM, cast.lead)
        await stored.assign(form, [person], due_at, cast.lead)
        return (await stored.assignments(form_id=form))[0]

    return give


async def conversation_of(store: Store, owner: str, name: str) -> None:
    header = Header(name, owner, SCENARIO, "silvio_kretzschmar", "phone", SEED, "assessment")
    await store.create(header, [{"event": "user", "text": f"Hallo von {owner}", "timestamp": 1.0}])


async def done(stored: Assessments, given: Callable, person: Person) -> Attempt:
    """Return an attempt that was handed in."""
    attempt = await stored.begin(await given(person), person, None, 1)
    await stored.finish(attempt.id, RESULT, person)
    return await stored.attempt(attempt.id)


async def actions(stored: Assessments, subject: str) -> list[tuple[str, str]]:
    """Return (what, who by name) of the log about something, the earliest first."""
    return [(row["action"], row["name"]) for row in reversed(await stored.log(subject=subject))]


async def count(store: Store, table) -> int:
    return int((await store.fetch(select(func.count().label("n")).select_from(table)))[0]["n"])


# --- forms and assignments --------------------------------------------------------------------------------------------


async def test_a_form_is_kept_as_it_is_and_an_archived_one_cannot_be_assigned(stored: Assessments, cast: Cast):
    form = await stored.add_form(FORM, cast.lead)
    assert (await stored.form(form)).data == FORM
    await stored.assign(form, [cast.anna], None, cast.lead)
    await stored.archive(form, cast.lead)
    assert await stored.forms() == []
    assert [f.id for f in await stored.forms(archived=True)] == [form]
    with pytest.raises(ConflictError, match="abgelegt"):
        await stored.assign(form, [cast.bert], None, cast.lead)
    (before,) = await stored.assignments(account_id=cast.anna.id)
    assert await stored.begin(before, cast.anna, None, 1), "what was assigned goes on"
    assert await actions(stored, form) == [("form_added", "Lena"), ("form_archived", "Lena")]


async def test_an_assignment_names_somebody_and_everybody_sees_only_their_own(stored: Assessments, cast: Cast):
    form = await stored.add_form(FORM, cast.lead)
    with pytest.raises(InvalidInputError, match="niemand"):
        await stored.assign(form, [], None, cast.lead)
    await stored.assign(form, [cast.anna, cast.bert], 5000.0, cast.lead)
    (annas,) = await stored.assignments(account_id=cast.anna.id)
    (berts,) = await stored.assignments(account_id=cast.bert.id)
    assert annas.id != berts.id
    assert (annas.form_id, annas.due_at, annas.assigned_by) == (form, 5000.0, cast.lead.id)
    assert {a.id for a in await stored.assignments()} == {annas.id, berts.id}
    for missing in (stored.form("x"), stored.assignment("x"), stored.attempt("x"), stored.archive("x", cast.lead)):
        with pytest.raises(NotFoundError):
            await missing


# --- attempts ---------------------------------------------------------------------------------------------------------


async def test_going_on_returns_the_same_attempt_and_its_time_does_not_begin_again(stored: Assessments, given, cast: Cast):
    assignment = await given(cast.anna)
    first = await stored.begin(assignment, cast.anna, 600, 1)
    assert first.ends_at == pytest.approx(first.started_at + 600)
    again = await stored.begin(assignment, cast.anna, 600, 1)
    assert again == first
    assert await actions(stored, first.id) == [("attempt_began", "Anna")]


async def test_there_are_as_many_attempts_as_the_form_allows(stored: Assessments, given, cast: Cast):
    assignment = await given(cast.anna)
    seen = set()
    for _ in range(2):
        attempt = await stored.begin(assignment, cast.anna, None, 2)
        seen.add(attempt.id)
        assert attempt.ends_at is None
        await stored.finish(attempt.id, RESULT, cast.anna)
    assert len(seen) == 2
    with pytest.raises(ConflictError, match="Alle 2 Versuche"):
        await stored.begin(assignment, cast.anna, None, 2)


async def test_after_its_date_none_begins_but_one_that_runs_goes_on(stored: Assessments, given, cast: Cast):
    with pytest.raises(ConflictError, match="Termin"):
        await stored.begin(await given(cast.anna, time.time() - 1), cast.anna, None, 1)
    late = await given(cast.bert, time.time() + 0.2)
    attempt = await stored.begin(late, cast.bert, None, 1)
    await asyncio.sleep(0.25)
    assert (await stored.begin(late, cast.bert, None, 1)).id == attempt.id


async def test_two_windows_that_begin_at_once_begin_one_attempt(database: str, stored: Assessments, given, cast: Cast):
    second = Store(database)  # as another process would
    windows = (stored, Assessments(second)) * 3
    try:
        for _ in range(4):
            assignment = await given(cast.anna)
            begun = await asyncio.gather(*(window.begin(assignment, cast.anna, 600, 1) for window in windows))
            assert len({attempt.id for attempt in begun}) == 1
            assert len(await stored.attempts([assignment.id])) == 1
    finally:
        await second.close()


async def test_two_windows_cannot_begin_one_case_twice_and_the_order_is_that_of_the_form(
    stored: Assessments, store: Store, given, cast: Cast
):
    attempt = await stored.begin(await given(cast.anna), cast.anna, None, 1)
    for name in ("b-first", "a-second", "c-again"):
        await conversation_of(store, cast.anna.id, name)
    results = await asyncio.gather(stored.add_case(attempt, 0, "b-first"), stored.add_case(attempt, 0, "c-again"), return_exceptions=True)
    assert sorted(type(r).__name__ for r in results) == ["ConflictError", "NoneType"]
    with pytest.raises(ConflictError, match="schon begonnen"):
        await stored.add_case(attempt, 0, "a-second")
    won = (await stored.attempt(attempt.id)).conversations[0]
    with pytest.raises(ConflictError):
        await stored.add_case(attempt, 1, won)
    await stored.add_case(attempt, 1, "a-second")
    assert (await stored.attempt(attempt.id)).conversations == (won, "a-second")
    assert (await stored.attempt_of("a-second")).id == attempt.id
    assert await stored.attempt_of("unknown") is None


async def test_the_first_result_stays_and_is_logged_once(database: str, stored: Assessments, given, cast: Cast):
    attempt = await stored.begin(await given(cast.anna), cast.anna, None, 1)
    second = Store(database)
    try:
        windows = (stored, Assessments(second)) * 2
        await asyncio.gather(*(w.finish(attempt.id, {"total": float(n), "passed": False}, cast.anna) for n, w in enumerate(windows)))
    finally:
        await second.close()
    kept = await stored.attempt(attempt.id)
    await stored.finish(attempt.id, {"total": 100.0, "passed": True}, cast.lead)
    assert await stored.attempt(attempt.id) == kept
    (entry,) = [row for row in await stored.log(subject=attempt.id) if row["action"] == "attempt_finished"]
    assert json.loads(entry["detail"]) == {"total": kept.result["total"], "passed": False}


# --- release, opinions, a second look ---------------------------------------------------------------------------------


async def test_nothing_is_released_before_the_end_and_the_first_release_stays(stored: Assessments, given, cast: Cast):
    attempt = await stored.begin(await given(cast.anna), cast.anna, None, 1)
    with pytest.raises(ConflictError, match="läuft noch"):
        await stored.release(attempt.id, cast.lead)
    await stored.finish(attempt.id, RESULT, cast.anna)
    assert (await stored.attempt(attempt.id)).released_at is None
    await asyncio.gather(stored.release(attempt.id, cast.lead), stored.release(attempt.id, cast.lead))
    released = await stored.attempt(attempt.id)
    await stored.release(attempt.id, cast.other_lead)
    assert await stored.attempt(attempt.id) == released
    assert released.released_by == cast.lead.id
    assert await actions(stored, attempt.id) == [("attempt_began", "Anna"), ("attempt_finished", "Anna"), ("released", "Lena")]


async def test_what_people_say_stands_beside_the_result_and_changes_nothing_in_it(stored: Assessments, given, cast: Cast):
    attempt = await done(stored, given, cast.anna)
    await stored.say(attempt.id, cast.lead, "score", "0/1/empathy", 80, "  Zu streng.\r\nWirklich. ")
    await stored.say(attempt.id, cast.other_lead, "score", "0/1/empathy", 70.5, "Eher so.")
    await stored.say(attempt.id, cast.lead, "must", "0/must/own_name", 0, "Den Namen\x00 höre ich nicht.")
    said = await stored.opinions(attempt.id)
    assert [(o.author, o.kind, o.place, o.value, o.text) for o in said] == [
        (cast.lead.id, "score", "0/1/empathy", 80.0, "Zu streng.\nWirklich."),
        (cast.other_lead.id, "score", "0/1/empathy", 70.5, "Eher so."),
        (cast.lead.id, "must", "0/must/own_name", 0.0, "Den Namen höre ich nicht."),
    ]
    assert (await stored.attempt(attempt.id)).result == RESULT
    log = [json.loads(row["detail"]) for row in await stored.log(subject=attempt.id) if row["action"].startswith("said_")]
    assert log[-1] == {"place": "0/1/empathy", "value": 80}
    assert "streng" not in str(log), "the words stand with the attempt, not in the log that outlives it"


@pytest.mark.parametrize(
    ("kind", "value", "text", "word"),
    [
        ("score", 80, "", "Begründung"),
        ("score", 80, " \n\x00", "Begründung"),
        ("score", 101, "Zu viel.", "101"),
        ("score", -1, "Zu wenig.", "-1"),
        ("score", float("nan"), "Keine Zahl.", "nan"),
        ("comment", None, "x" * 4001, "4000"),
        ("gossip", None, "Hm.", "gossip"),
    ],
)
async def test_what_cannot_be_said_is_refused_and_leaves_nothing(
    stored: Assessments, store: Store, given, cast: Cast, kind, value, text, word
):
    attempt = await done(stored, given, cast.anna)
    with pytest.raises(InvalidInputError) as refused:
        await stored.say(attempt.id, cast.lead, kind, "", value, text)
    assert word in str(refused.value.message) + str(refused.value.remedy)
    assert await count(store, opinions) == 0
    assert not [what for what, _ in await actions(stored, attempt.id) if what.startswith("said_")]


async def test_a_second_look_is_asked_for_once_after_the_release_and_done_once_by_somebody_else(stored: Assessments, given, cast: Cast):
    attempt = await done(stored, given, cast.anna)
    for too_early in (
        stored.ask_second(attempt.id, "Ich sehe es anders.", cast.anna),
        stored.close_second(attempt.id, "Gut so.", cast.other_lead),
    ):
        with pytest.raises(ConflictError):
            await too_early
    await stored.release(attempt.id, cast.lead)
    with pytest.raises(InvalidInputError):
        await stored.ask_second(attempt.id, " ", cast.anna)
    asked = await asyncio.gather(
        *(stored.ask_second(attempt.id, "Ich sehe es anders.", cast.anna) for _ in range(2)), return_exceptions=True
    )
    assert sorted(type(r).__name__ for r in asked) == ["ConflictError", "NoneType"]
    assert (await stored.attempt(attempt.id)).second_by == ""
    with pytest.raises(ConflictError, match="andere Person"):
        await stored.close_second(attempt.id, "Ich bleibe dabei.", cast.lead)
    with pytest.raises(InvalidInputError):
        await stored.close_second(attempt.id, "", cast.other_lead)
    assert (await stored.attempt(attempt.id)).second_by == "", "what was refused changed nothing"
    await stored.close_second(attempt.id, "Ich sehe es wie Lena.", cast.other_lead)
    assert (await stored.attempt(attempt.id)).second_by == cast.other_lead.id
    for too_late in (
        stored.close_second(attempt.id, "Noch einmal.", cast.other_lead),
        stored.ask_second(attempt.id, "Noch einmal.", cast.anna),
    ):
        with pytest.raises(ConflictError):
            await too_late
    assert [(o.kind, o.author) for o in await stored.opinions(attempt.id)] == [("objection", cast.anna.id), ("second", cast.other_lead.id)]
    assert [what for what, _ in await actions(stored, attempt.id)][-3:] == ["released", "said_objection", "said_second"]


# --- the log, and what is left of somebody who goes -------------------------------------------------------------------


async def test_the_database_itself_refuses_to_change_or_delete_the_log(stored: Assessments, store: Store, given, cast: Cast):
    await done(stored, given, cast.anna)
    before = [dict(row) for row in await store.fetch(select(audit).order_by(audit.c.id))]
    assert before
    for change in (
        update(audit).values(actor="jemand-anders"),
        update(audit).where(audit.c.id == before[0]["id"]).values(at=0.0),
        delete(audit),
        delete(audit).where(audit.c.id == before[0]["id"]),
        text("UPDATE audit SET detail = '{}'"),
        text("DELETE FROM audit"),
        *([text("INSERT OR REPLACE INTO audit SELECT * FROM audit")] if store.is_sqlite else []),
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            async with store.engine.begin() as connection:
                await connection.execute(change)
    assert [dict(row) for row in await store.fetch(select(audit).order_by(audit.c.id))] == before


async def test_who_goes_takes_attempts_conversations_and_words_along_and_leaves_an_id_in_the_log(
    people: Accounts,
    stored: Assessments,
    store: Store,
    given,
    cast: Cast,
):
    kept = await done(stored, given, cast.bert)
    await stored.say(kept.id, cast.lead, "comment", "", None, "Bert bleibt.")
    attempt = await stored.begin(await given(cast.anna), cast.anna, None, 1)
    await conversation_of(store, cast.anna.id, "annas-gespraech")
    await stored.add_case(attempt, 0, "annas-gespraech")
    await stored.finish(attempt.id, RESULT, cast.anna)
    await stored.release(attempt.id, cast.lead)
    await stored.say(attempt.id, cast.lead, "comment", "", None, "Liebe Anna, das war gut.")
    await stored.say(attempt.id, cast.anna, "answer", "", None, "Danke, Anna.")
    logged = await count(store, audit)
    await people.delete(cast.anna.id)
    with pytest.raises(NotFoundError):
        await stored.attempt(attempt.id)
    assert await stored.assignments(account_id=cast.anna.id) == []
    for table in (attempt_cases, conversations, events):
        assert await count(store, table) == 0
    assert [row["id"] for row in await store.fetch(select(attempts.c.id))] == [kept.id]
    assert [row["text"] for row in await store.fetch(select(opinions.c.text))] == ["Bert bleibt."]
    everything = {table.name: str([dict(row) for row in await store.fetch(select(table))]) for table in metadata.sorted_tables}
    assert {name for name, rows in everything.items() if cast.anna.id in rows} == {"audit"}
    assert not [name for name, rows in everything.items() if "Anna" in rows or cast.anna.email in rows]
    log = await stored.log()
    assert len(log) == logged
    assert {row["name"] for row in log if row["actor"] == cast.anna.id} == {None}


async def test_a_lead_who_goes_leaves_what_they_said_to_those_it_is_about(people: Accounts, stored: Assessments, given, cast: Cast):
    attempt = await done(stored, given, cast.anna)
    await stored.say(attempt.id, cast.lead, "comment", "", None, "Gut zugehört.")
    await stored.release(attempt.id, cast.lead)
    await people.delete(cast.lead.id)
    assert [o.text for o in await stored.opinions(attempt.id)] == ["Gut zugehört."]
    assert (await stored.attempt(attempt.id)).released_by == cast.lead.id


async def test_a_conversation_of_an_attempt_is_hidden_until_its_release_and_cannot_be_deleted_alone(host: Host):
    name, _ = await host.start(SCENARIO, seed=SEED, mode="assessment", attempt="versuch-1")
    await host.reply(name, GOOD[0])
    finished = await host.finish(name)
    assert (finished.session["attempt"], finished.session.get("released")) == ("versuch-1", None)
    with pytest.raises(ConflictError, match="Prüfung"):
        await host.delete(name)
    for action in (host.hint(name), host.branch(name, 0)):
        with pytest.raises(ConflictError):
            await action
    await host.release(name)
    await host.release(name)
    released = await host.conversation(name)
    assert released.session["released"] is True
    assert released.scorecard == finished.scorecard
    assert [e.reply for e in released.exchanges] == [e.reply for e in finished.exchanges]
