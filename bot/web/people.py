"""Login, invitations, one's own account, and the accounts of others."""

import json
import logging
import time
import warnings
from collections.abc import AsyncIterator
from typing import Annotated, Any, cast
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from bot import errors
from bot.config import AccountSettings
from bot.conversation import Event, fold
from bot.session import ROLES, Accounts, Host, Person, assessments_of
from bot.web.access import TheAccounts, ThePerson, TheVisitor, admin, cookie_name, is_solo, public, trainee
from bot.web.api import TheHost, TheLoginRate, address_of
from bot.web.render import render
from bot.web.schemas import is_hidden
from bot.web.start import local

_log = logging.getLogger(__name__)
_DAY = 86400


async def _needs_team(request: Request) -> None:
    if is_solo(request):
        raise errors.NotFoundError("Hier gibt es keine Anmeldung.", "Konten gibt es mit accounts.mode: team in config.yml.")


outside = APIRouter(include_in_schema=False, dependencies=[Depends(public)])
own = APIRouter(include_in_schema=False, dependencies=[Depends(trainee)])
router = APIRouter(include_in_schema=False, dependencies=[Depends(admin), Depends(_needs_team)])


def base_url(request: Request) -> str:
    """Return where people reach this server, without a slash at the end."""
    settings: AccountSettings = request.app.state.config.accounts
    return (settings.public_url or str(request.base_url)).rstrip("/")


async def _open(request: Request, response: Response, person: Person) -> Response:
    people: Accounts = request.app.state.accounts
    settings = people.settings
    response.set_cookie(
        cookie_name(settings),
        await people.open_login(person),
        max_age=round(settings.login_days * _DAY),
        secure=settings.secure_cookies,
        httponly=True,
        samesite="lax",
        path="/",
    )
    return response


# --- login -----------------------------------------------------------------------------------------------------------


async def login_page(request: Request, error: errors.LoginNeededError) -> Response:
    """Return what somebody sees who is not logged in; what they had written is still there."""
    if request.headers.get("x-fragment") == "1":
        return render(request, "login_needed.html", 401, problem=error)
    place, draft = request.url.path, ""
    if request.method != "GET":
        if "form" in request.headers.get("content-type", ""):
            draft = str((await request.form()).get("text", ""))
        place = "/".join(place.split("/")[:3]) if place.startswith("/practice/") else "/"
    return _login_form(request, 401 if draft else 200, next=place, draft=draft, problem=error if draft else None)


def _login_form(request: Request, status: int = 200, **values: Any) -> Response:
    sso = request.app.state.config.accounts.oidc
    known: dict[str, Any] = {"next": "/", "draft": "", "problem": None, "email": "", "sso": sso.name if sso.issuer else ""}
    return render(request, "login.html", status, **(known | values))


@outside.get("/login")
async def show_login(request: Request, visitor: TheVisitor, next: str = "/") -> Response:
    """Ask for e-mail and password."""
    await _needs_team(request)
    return RedirectResponse(local(next), 303) if visitor else _login_form(request, next=local(next))


@outside.post("/login")
async def log_in(
    request: Request,
    people: TheAccounts,
    rate: TheLoginRate,
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
    draft: Annotated[str, Form()] = "",
) -> Response:
    """Log in and go on where one was."""
    await _needs_team(request)
    values = {"next": local(next), "draft": draft, "email": email}
    try:
        keys = (f"address {address_of(request)}", f"account {email.strip().lower()}")
        await rate.check(*keys)
    except errors.TooManyError as error:
        answer = _login_form(request, 429, problem=error, **values)
        answer.headers["retry-after"] = str(error.retry_after)
        return answer
    person = await people.log_in(email, password)
    if person is None:
        await rate.failed(*keys)
        wrong = errors.InvalidInputError(
            "E-Mail und Passwort passen nicht zusammen.", "Bitte noch einmal versuchen oder einen neuen Link erbitten."
        )
        return _login_form(request, 401, problem=wrong, **values)
    if draft:
        request.state.person = person
        return await _open(request, render(request, "kept.html", draft=draft, next=local(next)), person)
    return await _open(request, RedirectResponse(local(next), 303), person)


@outside.post("/logout")
async def log_out(request: Request, people: TheAccounts) -> Response:
    """End the login."""
    await _needs_team(request)
    name = cookie_name(people.settings)
    await people.close_login(request.cookies.get(name, ""))
    response = RedirectResponse("/login", 303)
    response.headers["clear-site-data"] = '"storage"'  # drafts that were kept in this browser
    response.delete_cookie(name, secure=people.settings.secure_cookies, httponly=True, samesite="lax", path="/")
    return response


# --- single sign-on --------------------------------------------------------------------------------------------------


def make_oauth(settings: AccountSettings) -> Any:
    """Return the client of the single sign-on; None where there is none."""
    if not settings.oidc.issuer:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # authlib announces the end of its httpx client at every start
        from authlib.integrations.starlette_client import OAuth
    oauth = OAuth()
    oauth.register(
        "sso",
        client_id=settings.oidc.client_id,
        client_secret=settings.oidc.client_secret.get_secret_value(),
        server_metadata_url=settings.oidc.issuer.rstrip("/") + "/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256"},
    )
    return oauth


def _sso(request: Request) -> Any:
    oauth = request.app.state.oauth
    if oauth is None:
        raise errors.NotFoundError("Eine Anmeldung mit Firmenkonto ist nicht eingerichtet.", "Einstellung: accounts.oidc.")
    return oauth.create_client("sso")


async def _claims(client: Any, request: Request) -> dict[str, Any]:
    """Return what the provider says about the person who comes back from it.

    Raises:
        Exception: whatever authlib raises, or ValueError, when it says nothing that can be trusted.
    """
    token = await client.authorize_access_token(request)
    claims = dict(token.get("userinfo") or {})
    if "email" not in claims:
        more = dict(await client.userinfo(token=token))
        if claims and more.get("sub") != claims.get("sub"):  # OpenID Connect Core 5.3.2: then it must not be used
            raise ValueError("userinfo is about somebody else")
        claims = more | claims
    if not claims.get("sub"):
        raise ValueError("no subject")
    return claims


@outside.get("/sso")
async def go_to_sso(request: Request, next: str = "/") -> Response:
    """Send the browser to the single sign-on."""
    await _needs_team(request)
    client = _sso(request)
    request.session["next"] = local(next)
    try:
        return cast(Response, await client.authorize_redirect(request, f"{base_url(request)}/sso/callback"))
    except Exception as error:  # whatever keeps the provider from being reached: the person can still use a password
        raise errors.StorageError(
            "Die Anmeldung mit Firmenkonto ist gerade nicht erreichbar.", "Bitte später noch einmal versuchen."
        ) from error


@outside.get("/sso/callback")
async def come_from_sso(request: Request, people: TheAccounts) -> Response:
    """Take what the single sign-on says about a person."""
    await _needs_team(request)
    client = _sso(request)
    try:
        claims = await _claims(client, request)
    except Exception as error:  # refused, forged, not signed rightly, unreachable: in any case nobody is logged in
        _log.warning("single sign-on failed: %s", type(error).__name__)
        failed = errors.LoginNeededError("Die Anmeldung mit Firmenkonto ist fehlgeschlagen.", "Bitte noch einmal versuchen.")
        return _login_form(request, 401, problem=failed, next=local(request.session.pop("next", "/")))
    # Some providers write booleans as texts; "false" must not count as verified.
    email = claims.get("email") if claims.get("email_verified") in (True, "true") else None
    subject = f"{claims.get('iss', people.settings.oidc.issuer)} {claims['sub']}"
    person = await people.single_sign_on(subject, str(claims.get("name") or ""), email)
    if person is None:
        raise errors.ForbiddenError("Mit diesem Firmenkonto gibt es hier keinen Zugang.", "Bitte um eine Einladung bitten.")
    return await _open(request, RedirectResponse(local(request.session.pop("next", "/")), 303), person)


# --- invitations -----------------------------------------------------------------------------------------------------


@outside.get("/invite/{token}")
async def show_invitation(request: Request, token: str, people: TheAccounts) -> Response:
    """Ask somebody invited for name, e-mail and a password."""
    await _needs_team(request)
    return await _invitation_form(request, token, people)


async def _invitation_form(request: Request, token: str, people: Accounts, status: int = 200, **values: Any) -> Response:
    invited = await people.invitation(token)
    shortest = people.settings.shortest_password
    known: dict[str, Any] = {"problem": None, "name": "", "email": ""}
    return render(request, "invite.html", status, invited=invited, token=token, shortest=shortest, **(known | values))


@outside.post("/invite/{token}")
async def accept_invitation(
    request: Request,
    token: str,
    people: TheAccounts,
    name: Annotated[str, Form()] = "",
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """Make the account, log in and go to the start page."""
    await _needs_team(request)
    try:
        person = await people.accept(token, name, email, password)
    except (errors.InvalidInputError, errors.ConflictError) as error:
        status = 409 if isinstance(error, errors.ConflictError) else 422
        return await _invitation_form(request, token, people, status, problem=error, name=name, email=email)
    return await _open(request, RedirectResponse("/", 303), person)


# --- one's own account ------------------------------------------------------------------------------------------------


async def _account_page(request: Request, person: Person, status: int = 200, **values: Any) -> Response:
    host: Host = request.app.state.host
    people: Accounts = request.app.state.accounts
    known: dict[str, Any] = {"problem": None, "done": "", "shortest": people.settings.shortest_password}
    return render(request, "account.html", status, count=await host.store.count(person.id), **(known | values))


@own.get("/account")
async def show_account(request: Request, person: ThePerson) -> Response:
    """Show one's own settings and data."""
    return await _account_page(request, person)


@own.post("/account/name")
async def rename(request: Request, people: TheAccounts, person: ThePerson, name: Annotated[str, Form()] = "") -> Response:
    """Change one's own name."""
    try:
        await people.rename(person.id, name)
    except errors.InvalidInputError as error:
        return await _account_page(request, person, 422, problem=error)
    request.state.person = await people.person(person.id)
    if is_solo(request):
        request.app.state.solo = request.state.person
    return await _account_page(request, person, done="name")


@own.post("/account/password")
async def change_password(
    request: Request,
    people: TheAccounts,
    person: ThePerson,
    rate: TheLoginRate,
    old: Annotated[str, Form()] = "",
    new: Annotated[str, Form()] = "",
) -> Response:
    """Change one's own password; other logins end."""
    await _needs_team(request)
    await rate.check(f"account {person.email}")
    try:
        if not person.email or await people.log_in(person.email, old) is None:
            await rate.failed(f"account {person.email}")
            raise errors.InvalidInputError("Das alte Passwort stimmt nicht.", "Bitte noch einmal eingeben.")
        await people.set_password(person.id, new)
    except errors.InvalidInputError as error:
        return await _account_page(request, person, 422, problem=error)
    return await _open(request, await _account_page(request, person, done="password"), person)


@own.get("/account/export")
async def export(conversations: TheHost, people: TheAccounts, person: ThePerson) -> Response:
    """Return everything that is stored about oneself, as JSON."""

    async def pieces() -> AsyncIterator[str]:
        about: dict[str, Any] = {"name": person.name, "email": person.email, "role": person.role, "created_at": person.created_at}
        about |= await people.more_about(person.id)
        checks = [dict(row) for row in await people.checks_of(person.id)]
        yield '{"account": ' + json.dumps(about, ensure_ascii=False) + ', "checks": ' + json.dumps(checks) + ', "conversations": ['
        skip, first = 0, True
        while found := await conversations.store.headers(person.id, 50, skip):
            for header in found:
                whole = {name: getattr(header, name) for name in header.__dataclass_fields__ if name != "owner"}
                whole["events"] = await conversations.store.read(header.id)
                if is_hidden(fold(whole["events"])):  # an assessment whose result nobody has released yet
                    whole |= {"empathy": None, "resolution": None, "events": [_words_only(event) for event in whole["events"]]}
                yield ("" if first else ",\n") + json.dumps(whole, ensure_ascii=False)
                first = False
            skip += len(found)
        assessments = await assessments_of(conversations.store, person.id)
        yield '], "assessments": ' + json.dumps(assessments, ensure_ascii=False) + "}\n"

    name = f'attachment; filename="warteschleife-{time.strftime("%Y-%m-%d")}.json"'
    return StreamingResponse(pieces(), media_type="application/json", headers={"Content-Disposition": name})


def _words_only(event: Event) -> Event:
    """Return an event without ratings, moods and what the customer thinks: who said what when."""
    return {name: event[name] for name in ("event", "timestamp", "text") if name in event}


@own.post("/account/delete")
async def delete_account(
    request: Request, conversations: TheHost, people: TheAccounts, person: ThePerson, sure: Annotated[str, Form()] = ""
) -> Response:
    """Delete oneself with everything one practised; without accounts, everything practised on this device."""
    if not sure:
        problem = errors.InvalidInputError("Zum Löschen fehlt das Häkchen.", "Bitte ankreuzen, dass alles gelöscht werden soll.")
        return await _account_page(request, person, 422, problem=problem)
    if is_solo(request):
        await conversations.delete_all(person.id)
        await people.forget_checks(person.id)
        return RedirectResponse("/", 303)
    try:
        await people.delete(person.id)
    except errors.ConflictError as error:
        return await _account_page(request, person, 409, problem=error)
    conversations.forget()
    return RedirectResponse("/login", 303)


# --- the accounts of others ------------------------------------------------------------------------------------------


async def _people_page(request: Request, people: Accounts, status: int = 200, **values: Any) -> Response:
    known: dict[str, Any] = {"problem": None, "link": "", "link_for": ""}
    return render(
        request, "people.html", status, everybody=await people.people(), invitations=await people.open_invitations(), roles=ROLES,
        days=people.settings.invitation_days, **(known | values),
    )  # fmt: skip


@router.get("/people")
async def show_people(request: Request, people: TheAccounts) -> Response:
    """List accounts and open invitations."""
    return await _people_page(request, people)


@router.post("/people/invite")
async def invite(
    request: Request, people: TheAccounts, person: ThePerson, role: Annotated[str, Form()] = "trainee", note: Annotated[str, Form()] = ""
) -> Response:
    """Make a link for somebody new; it is shown once."""
    try:
        token = await people.invite(role, note, person)
    except errors.InvalidInputError as error:
        return await _people_page(request, people, 422, problem=error)
    return await _people_page(request, people, link=f"{base_url(request)}/invite/{quote(token)}", link_for=note)


@router.post("/people/invitations/{token}/withdraw")
async def withdraw(token: str, people: TheAccounts) -> Response:
    """Make an invitation stop working."""
    await people.withdraw(token)
    return RedirectResponse("/people", 303)


@router.post("/people/{account_id}/password")
async def new_password_link(request: Request, account_id: str, people: TheAccounts, person: ThePerson) -> Response:
    """Make a link with which somebody sets a new password; it is shown once."""
    somebody = await people.member(account_id)
    token = await people.invite(somebody.role, somebody.name, person, account_id)
    return await _people_page(request, people, link=f"{base_url(request)}/invite/{quote(token)}", link_for=somebody.name)


@router.post("/people/{account_id}/role")
async def change_role(request: Request, account_id: str, people: TheAccounts, role: Annotated[str, Form()] = "") -> Response:
    """Give somebody another role."""
    await people.member(account_id)
    try:
        await people.set_role(account_id, role)
    except (errors.ConflictError, errors.InvalidInputError) as error:
        return await _people_page(request, people, 409 if isinstance(error, errors.ConflictError) else 422, problem=error)
    return RedirectResponse("/people", 303)


@router.post("/people/{account_id}/active")
async def change_active(request: Request, account_id: str, people: TheAccounts, active: Annotated[str, Form()] = "") -> Response:
    """Close an account, or open it again."""
    await people.member(account_id)
    try:
        await people.set_active(account_id, active=bool(active))
    except errors.ConflictError as error:
        return await _people_page(request, people, 409, problem=error)
    return RedirectResponse("/people", 303)


@router.post("/people/{account_id}/delete")
async def delete_person(
    request: Request, account_id: str, conversations: TheHost, people: TheAccounts, sure: Annotated[str, Form()] = ""
) -> Response:
    """Delete somebody with everything they practised."""
    try:
        if not sure:
            raise errors.ConflictError("Zum Löschen fehlt das Häkchen.", "Bitte ankreuzen, dass alles gelöscht werden soll.")
        await people.delete(account_id)
    except errors.ConflictError as error:
        return await _people_page(request, people, 409, problem=error)
    conversations.forget()
    return RedirectResponse("/people", 303)
