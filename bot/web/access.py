"""Who may do what: every route names the role it asks for, and every conversation has an owner."""

import hmac
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, cast

from fastapi import Depends, Request
from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from bot.config import AccountSettings
from bot.errors import ForbiddenError, LoginNeededError, NotFoundError, TooManyError
from bot.session import Accounts, Host, Person

PUBLIC = "public"
"""What needs no login."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD = "csrf"
HEADER = "x-csrf-token"
"""Where a request carries what proves that it comes from one of our pages."""


def accounts(request: Request) -> Accounts:
    """Return the accounts of this application."""
    return cast(Accounts, request.app.state.accounts)


TheAccounts = Annotated[Accounts, Depends(accounts)]


def is_solo(request: Request) -> bool:
    """Tell whether one person practises on this device without login."""
    return bool(request.app.state.config.accounts.mode == "solo")


def cookie_name(settings: AccountSettings) -> str:
    """Return what the login's cookie is called; the prefix makes browsers insist on HTTPS and this very host."""
    return "__Host-warteschleife" if settings.secure_cookies else "warteschleife"


async def visitor(request: Request) -> Person | None:
    """Return who is asking; None when nobody is logged in. Looked up once for each request."""
    if hasattr(request.state, "person"):
        return cast("Person | None", request.state.person)
    people: Accounts = request.app.state.accounts
    person: Person | None = None
    by_cookie = False
    if is_solo(request):
        person = request.app.state.solo
    else:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        cookie = request.cookies.get(cookie_name(people.settings), "")
        if scheme.casefold() == "bearer" and token:
            person = await people.who(token.strip())
        elif cookie:
            person, by_cookie = await people.who(cookie), True
    request.state.person, request.state.by_cookie = person, by_cookie
    return person


def allow(role: str) -> Callable[[Request], Awaitable[Person | None]]:
    """Return a dependency that lets only people with a role through (or everybody, for PUBLIC).

    What changes something must also carry the person's token when the login comes from a cookie, as browsers send cookies
    with other sites' forms too.
    """

    async def guard(request: Request) -> Person | None:
        person = await visitor(request)
        if role == PUBLIC:
            return person
        if person is None:
            raise LoginNeededError("Dafür müssen Sie angemeldet sein.", "Bitte anmelden; was Sie geschrieben haben, bleibt im Feld.")
        if request.method not in _SAFE and request.state.by_cookie:
            await _check_token(request, person)
        if not person.may(role):
            raise ForbiddenError("Das ist Ihrer Rolle nicht erlaubt.", "Wer die Verwaltung hat, kann die Rolle ändern.")
        return person

    guard.role = role  # type: ignore[attr-defined]
    return guard


async def _check_token(request: Request, person: Person) -> None:
    given = request.headers.get(HEADER, "")
    if not given and "form" in request.headers.get("content-type", ""):
        given = str((await request.form()).get(FIELD, ""))
    if not hmac.compare_digest(given.encode(), person.csrf.encode()):
        raise ForbiddenError("Diese Anfrage kam nicht von einer unserer Seiten.", "Bitte die Seite neu laden und noch einmal absenden.")


public, trainee, lead, admin = allow(PUBLIC), allow("trainee"), allow("lead"), allow("admin")
ThePerson = Annotated[Person, Depends(trainee)]
TheVisitor = Annotated[Person | None, Depends(public)]


async def my_conversation(request: Request, conversation_id: str, person: ThePerson) -> str:
    """Return the id of a conversation that the person may touch: their own.

    Raises:
        NotFoundError: for another person's; whether it exists is nobody's business.
    """
    return await _conversation(request, conversation_id, person, reading=False)


async def readable_conversation(request: Request, conversation_id: str, person: ThePerson) -> str:
    """Return the id of a conversation that the person may read: their own, or one shown to the team leads.

    Raises:
        NotFoundError: for any other.
    """
    return await _conversation(request, conversation_id, person, reading=True)


async def _conversation(request: Request, conversation_id: str, person: Person, *, reading: bool) -> str:
    if is_solo(request):
        return conversation_id
    host: Host = request.app.state.host
    header = await host.store.header(conversation_id)
    shown = reading and header.shared_at is not None and person.may("lead")
    if header.owner != person.id and not shown:
        raise NotFoundError(f"Das Gespräch „{conversation_id}“ gibt es nicht.", "Bitte von der Startseite aus ein neues beginnen.")
    if header.mode == "assessment" and not reading:
        await request.app.state.check_time(request, conversation_id)
    return conversation_id


Mine = Annotated[str, Depends(my_conversation)]
Readable = Annotated[str, Depends(readable_conversation)]


class LoginRate:
    """Counts tries to log in, by address and by account; in memory, so that nothing about them is kept.

    Args:
        rate: as the `limits` library writes it, e.g. "10 per 15 minutes".
    """

    def __init__(self, rate: str) -> None:
        self.rate = parse(rate)
        self.limiter = MovingWindowRateLimiter(MemoryStorage())

    async def check(self, *keys: str) -> None:
        """Look whether there may be another try.

        Raises:
            TooManyError: when one of the keys has used up its tries.
        """
        for key in keys:
            if not await self.limiter.test(self.rate, key):
                window = await self.limiter.get_window_stats(self.rate, key)
                raise TooManyError(
                    "Das waren zu viele Versuche.",
                    "Bitte ein paar Minuten warten und dann noch einmal anmelden.",
                    _seconds_to(window.reset_time),
                )

    async def failed(self, *keys: str) -> None:
        """Count a try that failed; those that succeed cost nothing, however many colleagues share an address."""
        for key in keys:
            await self.limiter.hit(self.rate, key)


def _seconds_to(moment: float) -> int:
    import time

    return max(1, round(moment - time.time()))


def role_of(route: Any) -> str | None:
    """Return the role a route asks for: the strictest of its guards; None when it has none."""
    found: list[str] = []

    def walk(dependant: Any) -> None:
        found.extend(role for role in [getattr(dependant.call, "role", None)] if role)
        for inner in dependant.dependencies:
            walk(inner)

    if dependant := getattr(route, "dependant", None):
        walk(dependant)
    order = [PUBLIC, "trainee", "lead", "admin"]
    return max(found, key=order.index, default=None)
