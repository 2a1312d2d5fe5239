"""Accounts: who may use the server, their logins and the links that invite them.

Passwords are kept as Argon2id hashes (RFC 9106, the library's own parameters); of a login and an invitation only the
SHA-256 of the token that the browser holds is kept, so that a copy of the database opens nothing.
"""

import asyncio
import hashlib
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.config import AccountSettings
from bot.errors import ConflictError, InvalidInputError, NotFoundError
from bot.session.store import Store
from bot.session.tables import SOLO, accounts, checks, conversations, invitations, logins

ROLES = ("trainee", "lead", "admin")
"""What somebody may do, the least first; each role may do what those before it may."""

_HOUR, _DAY = 3600.0, 86400.0
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LONGEST_NAME, _LONGEST_PASSWORD = 120, 1000
_SEEN_EVERY = 60.0
"""Seconds between two notes of when a login was last used."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who is using the server.

    Attributes:
        id: of the account.
        name: as shown; empty for the one person who practises without login.
        email: to log in with; None for accounts of the single sign-on that have none.
        role: one of ROLES.
        csrf: what a form of this person must carry.
        active: whether the account may log in.
        created_at: seconds since 1970.
    """

    id: str
    name: str
    email: str | None
    role: str
    csrf: str
    active: bool = True
    created_at: float = 0.0

    def may(self, role: str) -> bool:
        """Tell whether this person may do what a role may."""
        return ROLES.index(self.role) >= ROLES.index(role)


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that works once.

    Attributes:
        token: hash of what is in the link.
        role: of the account it makes.
        note: for whom it is, as the inviting person wrote it.
        account_id: whose password it sets anew; None when it makes an account.
        created_by: who made it; None for the first admin's.
        created_at, expires_at: seconds since 1970.
    """

    token: str
    role: str
    note: str
    account_id: str | None
    created_by: str | None
    created_at: float
    expires_at: float


class Accounts:
    """Accounts in the database of a store.

    Args:
        store: whose database it is.
        settings: from config.yml.
    """

    def __init__(self, store: Store, settings: AccountSettings) -> None:
        self.store = store
        self.settings = settings
        self.hasher = PasswordHasher()
        self._nobody = self.hasher.hash(secrets.token_urlsafe(16))

    async def solo(self) -> Person:
        """Return the one person who practises without login."""
        return await self.person(SOLO)

    async def person(self, account_id: str) -> Person:
        """Return a person.

        Raises:
            NotFoundError: when there is no such account.
        """
        rows = await self.store.fetch(select(accounts).where(accounts.c.id == account_id))
        if not rows:
            raise _no_account(account_id)
        return _person(rows[0])

    async def member(self, account_id: str) -> Person:
        """Return a person who has a login.

        Raises:
            NotFoundError: when there is no such account, or it is that of the one person without login: who could open that
                one would be an admin whom no list shows.
        """
        if account_id == SOLO:
            raise _no_account(account_id)
        return await self.person(account_id)

    async def people(self) -> list[Person]:
        """Return everybody with an account, by name."""
        rows = await self.store.fetch(select(accounts).where(accounts.c.id != SOLO).order_by(accounts.c.name, accounts.c.id))
        return [_person(row) for row in rows]

    # --- logins ------------------------------------------------------------------------------------------------------

    async def log_in(self, email: str, password: str) -> Person | None:
        """Return the person if e-mail and password fit and the account is active; None otherwise.

        It takes the same time whether the account exists or not.
        """
        # An address that cannot be stored belongs to nobody; PostgreSQL would refuse to look for it.
        rows = await self.store.fetch(select(accounts).where(accounts.c.email == _CONTROL.sub("", email).strip().lower()))
        row = rows[0] if rows and not _CONTROL.search(email) else None
        known = str(row["password"]) if row is not None and row["password"] else ""
        fits = await asyncio.to_thread(self._fits, known or self._nobody, password)
        if row is None or not known or not fits or not row["active"]:
            return None
        if self.hasher.check_needs_rehash(known):
            fresh = await asyncio.to_thread(self.hasher.hash, password)
            await self.store.change(update(accounts).where(accounts.c.id == row["id"]).values(password=fresh))
        return _person(row)

    def _fits(self, known: str, password: str) -> bool:
        try:
            return self.hasher.verify(known, password[:_LONGEST_PASSWORD])
        except (VerificationError, InvalidHashError):
            return False

    async def open_login(self, person: Person) -> str:
        """Begin a login; return the token for the browser."""
        token, now = secrets.token_urlsafe(32), time.time()
        await self.store.change(
            delete(logins).where(logins.c.seen_at < now - self.settings.login_days * _DAY),
            insert(logins).values(token=_hashed(token), account_id=person.id, created_at=now, seen_at=now),
        )
        return token

    async def who(self, token: str) -> Person | None:
        """Return whose login a token is; None when it is unknown, has ended, or the account is closed."""
        now = time.time()
        query = select(accounts, logins.c.seen_at).join(logins, logins.c.account_id == accounts.c.id)
        rows = await self.store.fetch(
            query.where(
                logins.c.token == _hashed(token),
                logins.c.seen_at > now - self.settings.login_hours * _HOUR,
                logins.c.created_at > now - self.settings.login_days * _DAY,
                accounts.c.active,
                accounts.c.id != SOLO,
            )
        )
        if not rows:
            return None
        if now - rows[0]["seen_at"] > _SEEN_EVERY:
            await self.store.change(update(logins).where(logins.c.token == _hashed(token)).values(seen_at=now))
        return _person(rows[0])

    async def close_login(self, token: str) -> None:
        """End a login."""
        await self.store.change(delete(logins).where(logins.c.token == _hashed(token)))

    # --- invitations -------------------------------------------------------------------------------------------------

    async def first_link(self) -> str | None:
        """Return the token that makes the first admin; None when there is one already. Earlier such links stop working."""
        rows = await self.store.fetch(select(accounts.c.id).where(accounts.c.role == "admin", accounts.c.id != SOLO, accounts.c.active))
        await self.store.change(delete(invitations).where(invitations.c.created_by.is_(None), invitations.c.account_id.is_(None)))
        return None if rows else await self.invite("admin", "", None)

    async def invite(self, role: str, note: str, by: Person | None, account_id: str | None = None) -> str:
        """Return the token of a new link.

        Args:
            role: of the account it makes.
            note: for whom it is.
            by: who invites; None for the first admin.
            account_id: whose password it sets anew.

        Raises:
            InvalidInputError: for an unknown role or a note that is too long.
            NotFoundError: when there is no such account.
        """
        if account_id is not None:
            await self.member(account_id)
        if role not in ROLES:
            raise InvalidInputError(f"Die Rolle „{role}“ gibt es nicht.", f"Erlaubt: {', '.join(ROLES)}.")
        if len(note) > _LONGEST_NAME:
            raise InvalidInputError(f"Die Notiz hat {len(note)} Zeichen, erlaubt sind {_LONGEST_NAME}.", "Bitte kürzen.")
        if _CONTROL.search(note):
            raise InvalidInputError("Die Notiz enthält Steuerzeichen.", "Bitte nur Buchstaben, Ziffern und Satzzeichen.")
        token, now = secrets.token_urlsafe(24), time.time()
        await self.store.change(
            delete(invitations).where(invitations.c.expires_at < now),
            insert(invitations).values(
                token=_hashed(token),
                role=role,
                note=note.strip(),
                account_id=account_id,
                created_by=by.id if by else None,
                created_at=now,
                expires_at=now + self.settings.invitation_days * _DAY,
            ),
        )
        return token

    async def invitation(self, token: str) -> Invitation:
        """Return what a link is for.

        Raises:
            NotFoundError: when it is unknown, was used or is too old.
        """
        rows = await self.store.fetch(
            select(invitations).where(invitations.c.token == _hashed(token), invitations.c.expires_at > time.time())
        )
        if not rows:
            raise _no_link()
        return Invitation(**rows[0])

    async def open_invitations(self) -> list[Invitation]:
        """Return the links that still work, the latest first."""
        query = select(invitations).where(invitations.c.expires_at > time.time(), invitations.c.created_by.is_not(None))
        return [Invitation(**row) for row in await self.store.fetch(query.order_by(invitations.c.created_at.desc()))]

    async def withdraw(self, hashed: str) -> None:
        """Make a link stop working.

        Args:
            hashed: `Invitation.token`.
        """
        await self.store.change(delete(invitations).where(invitations.c.token == hashed))

    async def accept(self, token: str, name: str, email: str, password: str) -> Person:
        """Make the account of an invitation, or set the new password it is for; the link works once.

        The first admin takes over what was practised on this device without login.

        Raises:
            NotFoundError: when the link does not work any more.
            InvalidInputError: for a name, e-mail or password that is not acceptable.
            ConflictError: when the e-mail belongs to somebody already.
        """
        invited = await self.invitation(token)
        if invited.account_id:
            await self.set_password(invited.account_id, password, invited)
            return await self.person(invited.account_id)
        row = self._new(name, email, invited.role, await self._hashed_password(password))
        try:
            async with self.store.writing() as connection:
                await _use(connection, invited)
                await connection.execute(insert(accounts).values(**row))
                if invited.created_by is None:
                    # Two servers starting at once each made a link; there is only one first admin.
                    await connection.execute(delete(invitations).where(invitations.c.created_by.is_(None)))
                    await connection.execute(_inherit(conversations, "owner", row["id"]))
                    await connection.execute(_inherit(checks, "account_id", row["id"]))
        except IntegrityError as error:
            raise ConflictError(
                f"Mit der Adresse „{row['email']}“ gibt es schon ein Konto.", "Bitte anmelden oder eine andere Adresse nehmen."
            ) from error
        return _person(row)

    async def single_sign_on(self, subject: str, name: str, email: str | None) -> Person | None:
        """Return the person that a single sign-on names.

        Args:
            subject: issuer and person, as the provider names them.
            name: as shown.
            email: verified by the provider; None without one.

        Returns:
            The account of this subject; else the one of this e-mail, which from now on belongs to the subject; else a new
            trainee where config.yml allows it; None where it does not, or the account is closed.
        """
        rows = await self.store.fetch(select(accounts).where(accounts.c.subject == subject))
        if not rows and email:
            rows = await self.store.fetch(select(accounts).where(accounts.c.email == email.strip().lower(), accounts.c.subject.is_(None)))
            if rows:
                await self.store.change(update(accounts).where(accounts.c.id == rows[0]["id"]).values(subject=subject))
        if rows:
            return _person(rows[0]) if rows[0]["active"] else None
        if not self.settings.oidc.create:
            return None
        row = self._new(name or email or "Neu", email, ROLES[0], "") | {"subject": subject}
        try:
            await self.store.change(insert(accounts).values(**row))
        except IntegrityError:  # the same person in two windows
            return await self.single_sign_on(subject, name, None)
        return _person(row)

    # --- changes -----------------------------------------------------------------------------------------------------

    async def set_password(self, account_id: str, password: str, used: Invitation | None = None) -> None:
        """Give an account a new password; all its logins end, and links for a new password stop working.

        Args:
            account_id: whose.
            password: the new one.
            used: the link that allows it.

        Raises:
            InvalidInputError: for one that is too short or too long.
            NotFoundError: when there is no such account, or the link does not work any more.
        """
        await self.member(account_id)
        hashed = await self._hashed_password(password)
        async with self.store.writing() as connection:
            if used:
                await _use(connection, used)
            await connection.execute(delete(invitations).where(invitations.c.account_id == account_id))
            await connection.execute(delete(logins).where(logins.c.account_id == account_id))
            await connection.execute(update(accounts).where(accounts.c.id == account_id).values(password=hashed))

    async def rename(self, account_id: str, name: str) -> None:
        """Give an account another name.

        Raises:
            InvalidInputError: for an empty or too long one.
        """
        await self.store.change(update(accounts).where(accounts.c.id == account_id).values(name=_checked_name(name)))

    async def set_role(self, account_id: str, role: str) -> None:
        """Give an account another role; who is no admin any more has no open invitations.

        Raises:
            InvalidInputError: for an unknown role.
            NotFoundError: when there is no such account.
            ConflictError: when it is the last admin.
        """
        if role not in ROLES:
            raise InvalidInputError(f"Die Rolle „{role}“ gibt es nicht.", f"Erlaubt: {', '.join(ROLES)}.")
        await self.member(account_id)
        async with self.store.writing() as connection:
            if role != "admin":
                await _another_admin(connection, account_id)
                await connection.execute(delete(invitations).where(invitations.c.created_by == account_id))
            await connection.execute(update(accounts).where(accounts.c.id == account_id).values(role=role))

    async def set_active(self, account_id: str, *, active: bool) -> None:
        """Open or close an account; closing ends its logins and withdraws its invitations.

        Raises:
            NotFoundError: when there is no such account.
            ConflictError: when it is the last admin.
        """
        await self.member(account_id)
        async with self.store.writing() as connection:
            if not active:
                await _another_admin(connection, account_id)
                await connection.execute(delete(logins).where(logins.c.account_id == account_id))
                await connection.execute(delete(invitations).where(invitations.c.created_by == account_id))
            await connection.execute(update(accounts).where(accounts.c.id == account_id).values(active=active))

    async def delete(self, account_id: str) -> None:
        """Delete a person with everything they practised.

        Raises:
            ConflictError: when it is the last admin.
            NotFoundError: when there is no such account.
        """
        await self.member(account_id)
        theirs = select(conversations.c.id).where(conversations.c.owner == account_id)
        async with self.store.writing() as connection:
            await _another_admin(connection, account_id)
            for statement in (
                *self.store.deletions(theirs),
                *(delete(t).where(t.c.account_id == account_id) for t in (checks, logins, invitations)),
                delete(invitations).where(invitations.c.created_by == account_id),
                delete(accounts).where(accounts.c.id == account_id),
            ):
                await connection.execute(statement)

    # --- the learning path -------------------------------------------------------------------------------------------

    async def checked(self, account_id: str) -> set[str]:
        """Return the levels whose questions a person has answered."""
        return {row["level"] for row in await self.store.fetch(select(checks.c.level).where(checks.c.account_id == account_id))}

    async def pass_check(self, account_id: str, level: str) -> None:
        """Note that a person has answered a level's questions; twice is once."""
        try:
            await self.store.change(insert(checks).values(account_id=account_id, level=level, passed_at=time.time()))
        except IntegrityError:
            return

    async def forget_checks(self, account_id: str) -> None:
        """Forget which levels' questions a person has answered."""
        await self.store.change(delete(checks).where(checks.c.account_id == account_id))

    async def more_about(self, account_id: str) -> dict[str, Any]:
        """Return {subject, logins: [{created_at, seen_at}]} of a person, for the export of their data."""
        rows = await self.store.fetch(select(accounts.c.subject).where(accounts.c.id == account_id))
        open_logins = await self.store.fetch(select(logins.c.created_at, logins.c.seen_at).where(logins.c.account_id == account_id))
        return {"subject": rows[0]["subject"] if rows else None, "logins": [dict(row) for row in open_logins]}

    async def checks_of(self, account_id: str) -> Sequence[Mapping[str, Any]]:
        """Return {level, passed_at} of a person, for the export of their data."""
        return await self.store.fetch(select(checks.c.level, checks.c.passed_at).where(checks.c.account_id == account_id))

    def _new(self, name: str, email: str | None, role: str, password: str) -> dict[str, Any]:
        return {
            "id": secrets.token_urlsafe(12),
            "name": _checked_name(name),
            "email": _checked_email(email) if email is not None else None,
            "role": role,
            "password": password,
            "subject": None,
            "csrf": secrets.token_urlsafe(24),
            "active": True,
            "created_at": time.time(),
        }

    async def _hashed_password(self, password: str) -> str:
        shortest = self.settings.shortest_password
        if not shortest <= len(password) <= _LONGEST_PASSWORD:
            raise InvalidInputError(
                f"Das Passwort hat {len(password)} Zeichen, nötig sind mindestens {shortest}.",
                "Am besten ein Satz, den nur Sie kennen.",
            )
        return await asyncio.to_thread(self.hasher.hash, password)


async def _another_admin(connection: AsyncConnection, account_id: str) -> None:
    """Hold all admins until the end of the transaction, so that no two remove each other at once; refuse to lose the last."""
    query = select(accounts.c.id).where(accounts.c.role == "admin", accounts.c.active, accounts.c.id != SOLO)
    admins = set((await connection.execute(query.order_by(accounts.c.id).with_for_update())).scalars())
    if admins == {account_id}:
        raise ConflictError("Das ist das letzte Konto mit Verwaltung.", "Zuerst jemand anderem die Rolle „admin“ geben.")


async def _use(connection: AsyncConnection, invited: Invitation) -> None:
    """Use a link up. Of two people opening it at once the second finds it gone."""
    if not (await connection.execute(delete(invitations).where(invitations.c.token == invited.token))).rowcount:
        raise _no_link()


def _no_account(account_id: str) -> NotFoundError:
    return NotFoundError(f"Das Konto „{account_id}“ gibt es nicht.", "Es ist vielleicht schon gelöscht.")


def _no_link() -> NotFoundError:
    return NotFoundError(
        "Dieser Link gilt nicht mehr.", "Er wurde schon benutzt oder ist abgelaufen. Wer eingeladen hat, kann einen neuen schicken."
    )


def _inherit(table: Any, column: str, account_id: str) -> Any:
    return update(table).where(table.c[column] == SOLO).values({column: account_id})


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _person(row: Mapping[str, Any]) -> Person:
    return Person(row["id"], row["name"], row["email"], row["role"], row["csrf"], bool(row["active"]), row["created_at"])


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if _CONTROL.search(name):
        raise InvalidInputError("Der Name enthält Steuerzeichen.", "Bitte nur Buchstaben, Ziffern und Satzzeichen.")
    if not 0 < len(name) <= _LONGEST_NAME:
        raise InvalidInputError(
            f"Der Name hat {len(name)} Zeichen, erlaubt sind 1 bis {_LONGEST_NAME}.", "Der Name erscheint nur innerhalb des Teams."
        )
    return name


def _checked_email(email: str) -> str:
    email = email.strip().lower()
    if len(email) > 254 or _CONTROL.search(email) or not _EMAIL.fullmatch(email):
        raise InvalidInputError(f"„{email}“ ist keine E-Mail-Adresse.", "Beispiel: vorname.nachname@firma.example")
    return email
