"""Assessments in the database: forms, who has to take them, attempts, what people say of them, and the audit log.

What is stored is never changed afterwards: a result of the program stays beside every score that a person set otherwise.
"""

import json
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.errors import ConflictError, InvalidInputError, NotFoundError
from bot.session.accounts import Person
from bot.session.store import Store
from bot.session.tables import accounts, assignments, attempt_cases, attempts, audit, forms, opinions

KINDS = ("score", "must", "comment", "answer", "objection", "second")
"""What somebody can say of an attempt: another score, another finding of a must, a comment; the trainee's answer and objection; and the
words with which a second look ends."""

_LONGEST_TEXT = 4000


@dataclass(frozen=True, slots=True)
class StoredForm:
    """A form as it is stored.

    Attributes:
        id: of the form.
        data: the form itself, as JSON data.
        created_by, created_at: who and when.
        archived_at: since when it cannot be assigned any more; None while it can.
    """

    id: str
    data: Mapping[str, Any]
    created_by: str
    created_at: float
    archived_at: float | None


@dataclass(frozen=True, slots=True)
class Assignment:
    """A form given to a person."""

    id: str
    form_id: str
    account_id: str
    assigned_by: str
    due_at: float | None
    created_at: float


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try at an assignment.

    Attributes:
        ends_at: when the time is up; None without a limit.
        finished_at: when the last case ended or the time was up.
        released_at, released_by: since when the trainee may see the result, and who allowed it.
        second_by: who was asked for a second look; empty string while nobody has taken it, None without an objection.
        result: what the program found; None before the end.
        conversations: ids, in the order of the form's cases.
    """

    id: str
    assignment_id: str
    started_at: float
    ends_at: float | None
    finished_at: float | None
    released_at: float | None
    released_by: str | None
    second_by: str | None
    result: Mapping[str, Any] | None
    conversations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opinion:
    """Something that a person said of an attempt.

    Attributes:
        kind: one of KINDS.
        place: what it is about: empty for the whole, `0` for the first case, `0/3` for its third reply, `0/3/empathy` for a score of
            that reply, `0/must/name_given` for a must of the first case.
        value: the score or finding in the person's eyes; None for words only.
    """

    id: int
    attempt_id: str
    author: str
    kind: str
    place: str
    value: float | None
    text: str
    created_at: float


class Assessments:
    """Assessments in the database of a store.

    Args:
        store: whose database it is.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    # --- forms -------------------------------------------------------------------------------------------------------

    async def add_form(self, data: Mapping[str, Any], by: Person) -> str:
        """Store a form; return its id."""
        form_id = secrets.token_urlsafe(9)
        await self.store.change(
            insert(forms).values(id=form_id, data=json.dumps(data, ensure_ascii=False), created_by=by.id, created_at=time.time()),
            _entry(by, "form_added", form_id, {"title": data.get("title", "")}),
        )
        return form_id

    async def forms(self, *, archived: bool = False) -> list[StoredForm]:
        """Return all forms, the latest first.

        Args:
            archived: whether those that cannot be assigned any more are wanted too.
        """
        query = select(forms).order_by(forms.c.created_at.desc())
        rows = await self.store.fetch(query if archived else query.where(forms.c.archived_at.is_(None)))
        return [StoredForm(**(dict(row) | {"data": json.loads(row["data"])})) for row in rows]

    async def form(self, form_id: str) -> StoredForm:
        """Return a form.

        Raises:
            NotFoundError: when there is none of this id.
        """
        rows = await self.store.fetch(select(forms).where(forms.c.id == form_id))
        if not rows:
            raise NotFoundError(f"Das Formular „{form_id}“ gibt es nicht.", "Alle stehen unter „Formulare“.")
        return StoredForm(**(dict(rows[0]) | {"data": json.loads(rows[0]["data"])}))

    async def archive(self, form_id: str, by: Person) -> None:
        """Keep a form from being assigned any more; what was assigned goes on.

        Raises:
            NotFoundError: when there is none of this id.
        """
        await self.form(form_id)
        await self.store.change(
            update(forms).where(forms.c.id == form_id).values(archived_at=time.time()), _entry(by, "form_archived", form_id, {})
        )

    # --- assignments -------------------------------------------------------------------------------------------------

    async def assign(self, form_id: str, people: Iterable[Person], due_at: float | None, by: Person) -> None:
        """Give a form to people.

        Raises:
            NotFoundError: when there is no such form.
            ConflictError: when it is archived.
            InvalidInputError: when nobody was chosen.
        """
        if (await self.form(form_id)).archived_at is not None:
            raise ConflictError("Dieses Formular ist abgelegt.", "Ein neues Formular anlegen.")
        chosen = list(people)
        if not chosen:
            raise InvalidInputError("Es ist niemand ausgewählt.", "Mindestens eine Person ankreuzen.")
        now = time.time()
        rows = [
            {
                "id": secrets.token_urlsafe(9),
                "form_id": form_id,
                "account_id": p.id,
                "assigned_by": by.id,
                "due_at": due_at,
                "created_at": now,
            }
            for p in chosen
        ]
        await self.store.change(
            insert(assignments).values(rows),
            *(_entry(by, "assigned", str(row["id"]), {"form": form_id, "to": row["account_id"]}) for row in rows),
        )

    async def assignments(self, *, account_id: str = "", form_id: str = "") -> list[Assignment]:
        """Return assignments, the latest first, of a person, of a form, or all."""
        query = select(assignments).order_by(assignments.c.created_at.desc(), assignments.c.id)
        if account_id:
            query = query.where(assignments.c.account_id == account_id)
        if form_id:
            query = query.where(assignments.c.form_id == form_id)
        return [Assignment(**row) for row in await self.store.fetch(query)]

    async def assignment(self, assignment_id: str) -> Assignment:
        """Return an assignment.

        Raises:
            NotFoundError: when there is none of this id.
        """
        rows = await self.store.fetch(select(assignments).where(assignments.c.id == assignment_id))
        if not rows:
            raise NotFoundError(f"Die Prüfung „{assignment_id}“ gibt es nicht.", "Alle stehen unter „Prüfungen“.")
        return Assignment(**rows[0])

    # --- attempts ----------------------------------------------------------------------------------------------------

    async def attempts(self, assignment_ids: Sequence[str]) -> list[Attempt]:
        """Return the attempts at some assignments, the earliest first."""
        if not assignment_ids:
            return []
        rows = await self.store.fetch(
            select(attempts).where(attempts.c.assignment_id.in_(assignment_ids)).order_by(attempts.c.started_at, attempts.c.id)
        )
        return [_attempt(row) for row in rows]

    async def attempt(self, attempt_id: str) -> Attempt:
        """Return an attempt with its conversations.

        Raises:
            NotFoundError: when there is none of this id.
        """
        rows = await self.store.fetch(select(attempts).where(attempts.c.id == attempt_id))
        if not rows:
            raise NotFoundError(f"Den Versuch „{attempt_id}“ gibt es nicht.", "Alle stehen unter „Prüfungen“.")
        cases = await self.store.fetch(
            select(attempt_cases.c.conversation_id).where(attempt_cases.c.attempt_id == attempt_id).order_by(attempt_cases.c.position)
        )
        return _attempt(rows[0], tuple(row["conversation_id"] for row in cases))

    async def attempt_of(self, conversation_id: str) -> Attempt | None:
        """Return the attempt that a conversation belongs to; None for practice."""
        rows = await self.store.fetch(
            select(attempts)
            .join(attempt_cases, attempt_cases.c.attempt_id == attempts.c.id)
            .where(attempt_cases.c.conversation_id == conversation_id)
        )
        return await self.attempt(rows[0]["id"]) if rows else None

    async def begin(self, assignment: Assignment, person: Person, seconds: float | None, most: int) -> Attempt:
        """Begin an attempt, or return the one that goes on.

        Args:
            assignment: whose.
            person: who takes it.
            seconds: time limit; None without one.
            most: attempts allowed.

        Raises:
            ConflictError: when all attempts are used up, or it is past its date.
        """
        now = time.time()
        async with self.store.writing() as connection:
            # Changing nothing holds the assignment until the end of the transaction: two windows do not begin two attempts.
            held = update(assignments).where(assignments.c.id == assignment.id).values(due_at=assignments.c.due_at)
            await connection.execute(held)
            query = select(attempts.c.id, attempts.c.finished_at).where(attempts.c.assignment_id == assignment.id)
            earlier = (await connection.execute(query)).mappings().all()
            attempt_id = next((row["id"] for row in earlier if row["finished_at"] is None), "")
            if not attempt_id:
                if len(earlier) >= most:
                    raise ConflictError(
                        f"Alle {most} Versuche sind gebraucht.", "Wer die Prüfung gestellt hat, kann sie noch einmal zuweisen."
                    )
                if assignment.due_at is not None and now > assignment.due_at:
                    raise ConflictError("Der Termin für diese Prüfung ist vorbei.", "Wer sie gestellt hat, kann sie neu zuweisen.")
                attempt_id = secrets.token_urlsafe(9)
                ends_at = now + seconds if seconds else None
                values = {"id": attempt_id, "assignment_id": assignment.id, "started_at": now, "ends_at": ends_at}
                await connection.execute(insert(attempts).values(**values))
                await connection.execute(_entry(person, "attempt_began", attempt_id, {}))
        return await self.attempt(attempt_id)

    async def add_case(self, attempt: Attempt, position: int, conversation_id: str) -> None:
        """Note which conversation plays a case of an attempt.

        Raises:
            ConflictError: when another one already does (two windows).
        """
        try:
            await self.store.change(insert(attempt_cases).values(attempt_id=attempt.id, position=position, conversation_id=conversation_id))
        except IntegrityError as error:
            raise ConflictError("Dieses Gespräch hat schon begonnen.", "Bitte die Seite neu laden.") from error

    async def finish(self, attempt_id: str, result: Mapping[str, Any], by: Person) -> None:
        """Keep what the program found; done twice, the first stays."""
        await self._once(
            update(attempts)
            .where(attempts.c.id == attempt_id, attempts.c.finished_at.is_(None))
            .values(finished_at=time.time(), result=json.dumps(result, ensure_ascii=False)),
            _entry(by, "attempt_finished", attempt_id, {"total": result.get("total"), "passed": result.get("passed")}),
        )

    async def _once(self, change: Any, *more: Any) -> bool:
        """Make a change and what belongs to it in one transaction; tell whether it touched anything. If not, the rest is left out."""
        async with self.store.writing() as connection:
            if not (await connection.execute(change)).rowcount:
                return False
            for statement in more:
                await connection.execute(statement)
        return True

    async def release(self, attempt_id: str, by: Person) -> None:
        """Let the trainee see the result; done twice, the first stays.

        Raises:
            ConflictError: before the attempt is finished.
        """
        attempt = await self.attempt(attempt_id)
        if attempt.finished_at is None:
            raise ConflictError("Dieser Versuch läuft noch.", "Freigeben lässt sich, was beendet ist.")
        await self._once(
            update(attempts)
            .where(attempts.c.id == attempt_id, attempts.c.released_at.is_(None))
            .values(released_at=time.time(), released_by=by.id),
            _entry(by, "released", attempt_id, {}),
        )

    async def ask_second(self, attempt_id: str, reason: str, by: Person) -> None:
        """Ask for a second look by another lead.

        Raises:
            ConflictError: before the release, or when it was asked for already.
            InvalidInputError: without a reason.
        """
        await self.attempt(attempt_id)
        asked = update(attempts).where(attempts.c.id == attempt_id, attempts.c.released_at.is_not(None), attempts.c.second_by.is_(None))
        if not await self._once(asked.values(second_by=""), *_saying(attempt_id, by, "objection", "", None, reason)):
            raise ConflictError("Ein zweiter Blick ist jetzt nicht möglich.", "Er lässt sich nach der Freigabe einmal verlangen.")

    async def close_second(self, attempt_id: str, words: str, by: Person) -> None:
        """End a second look.

        Raises:
            ConflictError: when none was asked for, it was done already, or by the person who released the result.
            InvalidInputError: without words.
        """
        attempt = await self.attempt(attempt_id)
        if attempt.second_by == "" and attempt.released_by == by.id:
            raise ConflictError("Den zweiten Blick tut eine andere Person.", "Bitte eine andere Teamleitung bitten.")
        closed = update(attempts).where(attempts.c.id == attempt_id, attempts.c.second_by == "").values(second_by=by.id)
        if not await self._once(closed, *_saying(attempt_id, by, "second", "", None, words)):
            raise ConflictError("Ein zweiter Blick ist hier nicht offen.", "")

    # --- what people say, and the log ---------------------------------------------------------------------------------

    async def say(self, attempt_id: str, by: Person, kind: str, place: str, value: float | None, text: str) -> None:
        """Add what a person says of an attempt.

        Raises:
            InvalidInputError: for an unknown kind, a score outside 0 to 100, or without a reason.
        """
        await self.store.change(*_saying(attempt_id, by, kind, place, value, text))

    async def opinions(self, attempt_id: str) -> list[Opinion]:
        """Return what people said of an attempt, in order."""
        rows = await self.store.fetch(select(opinions).where(opinions.c.attempt_id == attempt_id).order_by(opinions.c.id))
        return [Opinion(**row) for row in rows]

    async def log(self, limit: int = 200, subject: str = "") -> list[Mapping[str, Any]]:
        """Return the latest entries of the audit log, with the names of those who still have an account."""
        query = select(audit, accounts.c.name).join(accounts, accounts.c.id == audit.c.actor, isouter=True).order_by(audit.c.id.desc())
        if subject:
            query = query.where(audit.c.subject == subject)
        return await self.store.fetch(query.limit(limit))


def _entry(by: Person, action: str, subject: str, detail: Mapping[str, Any]) -> Any:
    return insert(audit).values(at=time.time(), actor=by.id, action=action, subject=subject, detail=json.dumps(detail, ensure_ascii=False))


def _saying(attempt_id: str, by: Person, kind: str, place: str, value: float | None, text: str) -> tuple[Any, Any]:
    """Return the statements that add what a person says, and its entry in the log; see `Assessments.say`."""
    if kind not in KINDS:
        raise InvalidInputError(f"Die Art „{kind}“ gibt es nicht.", f"Erlaubt: {', '.join(KINDS)}.")
    if value is not None and not 0 <= value <= 100:
        raise InvalidInputError(f"Der Wert {value:g} geht nicht.", "Erlaubt sind 0 bis 100.")
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()  # a form sends two characters for a line, PostgreSQL takes no null
    if not text or len(text) > _LONGEST_TEXT:
        raise InvalidInputError("Es fehlt eine Begründung.", f"Bitte in eigenen Worten, höchstens {_LONGEST_TEXT} Zeichen.")
    values = {"attempt_id": attempt_id, "author": by.id, "kind": kind, "place": place, "value": value, "text": text}
    return (
        insert(opinions).values(**values, created_at=time.time()),
        _entry(by, f"said_{kind}", attempt_id, {"place": place, "value": value}),
    )


def _attempt(row: Mapping[str, Any], conversations: tuple[str, ...] = ()) -> Attempt:
    return Attempt(**(dict(row) | {"result": json.loads(row["result"]) if row["result"] else None}), conversations=conversations)
