"""Assessments: forms, taking them, the review by a lead, the result, an objection and a second look."""

import asyncio
import json
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from bot import errors
from bot.assessment.difficulty import load_table, staleness
from bot.assessment.forms import PARTS, assess, check_form
from bot.assessment.forms import Form as AssessmentForm
from bot.assessment.musts import must_library
from bot.assessment.parallel import parallel_forms
from bot.config import data_root
from bot.content.files import field_name, german_message
from bot.conversation import Conversation
from bot.desk import TOOLS
from bot.session import Assessments, Assignment, Attempt, Opinion, Person
from bot.web.access import TheAccounts, ThePerson, lead, trainee
from bot.web.api import TheConfig, TheHost, TheLibrary
from bot.web.render import render

own = APIRouter(include_in_schema=False, dependencies=[Depends(trainee)])
leads = APIRouter(include_in_schema=False, dependencies=[Depends(lead)])


def assessments(request: Request) -> Assessments:
    """Return the assessments of this application."""
    found: Assessments = request.app.state.assessments
    return found


TheAssessments = Annotated[Assessments, Depends(assessments)]


def state_of(attempt: Attempt, now: float) -> str:
    """Return where an attempt stands: running, overdue, finished, released, objected or closed."""
    if attempt.finished_at is None:
        return "overdue" if attempt.ends_at is not None and attempt.ends_at < now else "running"
    if attempt.released_at is None:
        return "finished"
    return "released" if attempt.second_by is None else "objected" if attempt.second_by == "" else "closed"


# --- taking an assessment --------------------------------------------------------------------------------------------


async def _mine(stored: Assessments, assignment_id: str, person: Person) -> Assignment:
    assignment = await stored.assignment(assignment_id)
    if assignment.account_id != person.id:
        raise errors.NotFoundError(f"Die Prüfung „{assignment_id}“ gibt es nicht.", "Alle stehen unter „Prüfungen“.")
    return assignment


@own.get("/assessments")
async def list_mine(request: Request, stored: TheAssessments, person: ThePerson) -> Response:
    """List the assessments that one has to take or has taken."""
    given = await stored.assignments(account_id=person.id)
    tries = await _attempts(request, [a.id for a in given])
    rows = [(a, (await stored.form(a.form_id)).data, [t for t in tries if t.assignment_id == a.id]) for a in given]
    return render(request, "assessments.html", rows=rows, now=time.time(), state_of=state_of)


async def _attempts(request: Request, assignment_ids: list[str]) -> list[Attempt]:
    """Return the attempts at some assignments; those whose time is up are closed first."""
    stored, now = assessments(request), time.time()
    found = await stored.attempts(assignment_ids)
    late = [attempt for attempt in found if state_of(attempt, now) == "overdue"]
    for attempt in late:
        await close_attempt(request, attempt)
    return await stored.attempts(assignment_ids) if late else found


@own.get("/assessments/{assignment_id}")
async def introduce(request: Request, assignment_id: str, stored: TheAssessments, content: TheLibrary, person: ThePerson) -> Response:
    """Say what is going to happen, before anything counts."""
    assignment = await _mine(stored, assignment_id, person)
    form = AssessmentForm.model_validate((await stored.form(assignment.form_id)).data)
    tries = await _attempts(request, [assignment.id])
    return render(
        request,
        "assessment.html",
        assignment=assignment,
        form=form,
        musts=_musts(form),
        tries=tries,
        now=time.time(),
        state_of=state_of,
        cases=[content.scenario(case.scenario) for case in form.cases],
    )


@own.post("/assessments/{assignment_id}/begin")
async def begin(assignment_id: str, stored: TheAssessments, person: ThePerson) -> Response:
    """Begin an attempt; from here on the time runs."""
    assignment = await _mine(stored, assignment_id, person)
    form = AssessmentForm.model_validate((await stored.form(assignment.form_id)).data)
    seconds = form.time_limit_minutes * 60 if form.time_limit_minutes else None
    await stored.begin(assignment, person, seconds, form.attempts)
    return RedirectResponse(f"/assessments/{assignment_id}/go", 303)


@own.get("/assessments/{assignment_id}/go")
async def go_on(request: Request, assignment_id: str, stored: TheAssessments, conversations: TheHost, person: ThePerson) -> Response:
    """Lead to the conversation that is next, or to the end; after a crash it goes on where it was."""
    assignment = await _mine(stored, assignment_id, person)
    tries = await _attempts(request, [assignment.id])
    if not tries:
        return RedirectResponse(f"/assessments/{assignment_id}", 303)
    attempt = await stored.attempt(tries[-1].id)
    if attempt.finished_at is not None:
        return RedirectResponse(f"/results/{attempt.id}", 303)
    form = AssessmentForm.model_validate((await stored.form(assignment.form_id)).data)
    for name in attempt.conversations:
        if (await conversations.conversation(name)).scorecard is None:
            return RedirectResponse(f"/practice/{name}", 303)
    position = len(attempt.conversations)
    if position >= len(form.cases):
        await close_attempt(request, attempt)
        return RedirectResponse(f"/results/{attempt.id}", 303)
    case = form.cases[position]
    name, _ = await conversations.start(case.scenario, case.persona, seed=case.seed, mode="assessment", owner=person.id, attempt=attempt.id)
    try:
        await stored.add_case(attempt, position, name)
    except errors.ConflictError:  # another window was faster: its conversation counts, this one leaves no trace
        await conversations.store.delete(name)
        return RedirectResponse(f"/assessments/{assignment_id}/go", 303)
    return RedirectResponse(f"/practice/{name}", 303)


async def close_attempt(request: Request, attempt: Attempt) -> None:
    """End an attempt: finish what runs, and let the program assess it. Nobody sees the result before a lead releases it."""
    host, stored, content = request.app.state.host, assessments(request), request.app.state.library
    attempt = await stored.attempt(attempt.id)
    if attempt.finished_at is not None:
        return
    assignment = await stored.assignment(attempt.assignment_id)
    form = AssessmentForm.model_validate((await stored.form(assignment.form_id)).data)
    played = [await host.finish(name) for name in attempt.conversations]
    result = assess(form, played, content, must_library(data_root()), request.app.state.config.assessment)
    person = await request.app.state.accounts.person(assignment.account_id)
    await stored.finish(attempt.id, result.to_dict(), person)


async def check_time(request: Request, conversation_id: str) -> None:
    """End an attempt whose time is up.

    Raises:
        ConflictError: when it was.
    """
    attempt = await assessments(request).attempt_of(conversation_id)
    if attempt and attempt.finished_at is None and attempt.ends_at is not None and time.time() > attempt.ends_at:
        await close_attempt(request, attempt)
        raise errors.ConflictError(
            "Die Zeit für diese Prüfung ist um.", "Was bis dahin gesagt war, zählt. Das Ergebnis kommt nach der Freigabe."
        )


@own.get("/attempts/{attempt_id}/go")
async def back_to_attempt(attempt_id: str, stored: TheAssessments, person: ThePerson) -> Response:
    """Go on with an attempt after one of its conversations has ended."""
    attempt = await stored.attempt(attempt_id)
    await _mine(stored, attempt.assignment_id, person)
    return RedirectResponse(f"/assessments/{attempt.assignment_id}/go", 303)


# --- the result -------------------------------------------------------------------------------------------------------


async def _view(request: Request, attempt: Attempt) -> dict[str, Any]:
    stored, host, content, people = assessments(request), request.app.state.host, request.app.state.library, request.app.state.accounts
    assignment = await stored.assignment(attempt.assignment_id)
    form = AssessmentForm.model_validate((await stored.form(assignment.form_id)).data)
    said = await stored.opinions(attempt.id)
    names = {p.id: p.name for p in await people.people()}
    played: list[Conversation] = [await host.conversation(name) for name in attempt.conversations]
    return {
        "attempt": attempt,
        "assignment": assignment,
        "form": form,
        "musts": {must.id: must for must in _musts(form)},
        "result": attempt.result or {},
        "played": played,
        "scenarios": [content.scenario(c.session["scenario"]) for c in played],
        "personas": [content.persona(c.session["persona"]) for c in played],
        "said": said,
        "latest": latest_values(said),
        "names": names,
        "state": state_of(attempt, time.time()),
        "tools": TOOLS,
    }


def _musts(form: AssessmentForm) -> list[Any]:
    known = {must.id: must for must in must_library(data_root()).musts}
    return [known[name] for name in form.musts if name in known]


def latest_values(said: list[Opinion]) -> Mapping[str, Opinion]:
    """Return the latest score or finding that a person set for each place; the program's own stay in the result."""
    return {opinion.place: opinion for opinion in said if opinion.kind in {"score", "must"} and opinion.value is not None}


def knows_place(result: Mapping[str, Any], replies: list[int], kind: str, place: str) -> bool:
    """Tell whether this kind of thing can be said about a place; see `bot.session.Opinion`.

    Args:
        result: what the program found.
        replies: how many each conversation has.
        kind: score, must or comment.
        place: what it is about.
    """
    case, _, rest = place.partition("/")
    cases = [*result.get("cases", ())]
    if not place:
        return kind != "must"
    if not (case.isascii() and case.isdigit() and int(case) < len(replies)):
        return False
    if not rest:
        return kind == "comment"
    if rest.startswith("must/"):
        return kind != "score" and rest.removeprefix("must/") in cases[int(case)]["musts"]
    turn, _, what = rest.partition("/")
    is_turn = turn.isascii() and turn.isdigit() and 0 < int(turn) <= replies[int(case)]
    return is_turn and ((kind == "comment" and not what) or (kind == "score" and what in {"empathy", "resolution"}))


@own.get("/results/{attempt_id}")
async def show_result(request: Request, attempt_id: str, stored: TheAssessments, person: ThePerson) -> Response:
    """Show a result to the person it is about, once a lead has released it."""
    attempt = await stored.attempt(attempt_id)
    assignment = await _mine(stored, attempt.assignment_id, person)
    if state_of(attempt, time.time()) == "overdue":
        await close_attempt(request, attempt)
        attempt = await stored.attempt(attempt_id)
    if attempt.released_at is None:
        return render(request, "waiting.html", attempt=attempt, assignment=assignment)
    return render(request, "result.html", **(await _view(request, attempt)))


@own.post("/results/{attempt_id}/answer")
async def answer(attempt_id: str, stored: TheAssessments, person: ThePerson, text: Annotated[str, Form()] = "") -> Response:
    """Answer to one's own result."""
    attempt = await stored.attempt(attempt_id)
    await _mine(stored, attempt.assignment_id, person)
    if attempt.released_at is None:
        raise errors.ConflictError("Das Ergebnis ist noch nicht freigegeben.", "Antworten lässt sich danach.")
    await stored.say(attempt_id, person, "answer", "", None, text)
    return RedirectResponse(f"/results/{attempt_id}#said", 303)


@own.post("/results/{attempt_id}/objection")
async def object_to(attempt_id: str, stored: TheAssessments, person: ThePerson, text: Annotated[str, Form()] = "") -> Response:
    """Ask for a second look by another lead."""
    attempt = await stored.attempt(attempt_id)
    await _mine(stored, attempt.assignment_id, person)
    await stored.ask_second(attempt_id, text, person)
    return RedirectResponse(f"/results/{attempt_id}#said", 303)


# --- for team leads: forms -------------------------------------------------------------------------------------------


@leads.get("/forms")
async def list_forms(request: Request, stored: TheAssessments) -> Response:
    """List the forms."""
    return render(request, "forms.html", forms=await stored.forms(archived=True))


@leads.get("/forms/new")
async def compose(request: Request, content: TheLibrary, config: TheConfig) -> Response:
    """Show an empty form to fill in."""
    return _compose(request, content, config)


def _compose(request: Request, content: Any, config: Any, status: int = 200, **values: Any) -> Response:
    known: dict[str, Any] = {"problem": None, "given": {}}
    return render(
        request, "form_new.html", status, scenarios=sorted(content.scenarios.values(), key=lambda s: (s.difficulty, s.title)),
        musts=must_library(data_root()).musts, start=config.assessment.form, parts=PARTS,
        library=content, **(known | values),
    )  # fmt: skip


_TOO_LARGE = 2**31
"""No number of a form comes near it."""


def _number(values: Mapping[str, str], name: str) -> float | None:
    text = values.get(name, "").strip().replace(",", ".")
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        raise errors.InvalidInputError(f"„{values[name]}“ ist keine Zahl.", f"Feld: {name}.") from None
    if not abs(number) < _TOO_LARGE:
        raise errors.InvalidInputError(f"„{values[name]}“ ist zu groß.", f"Feld: {name}.")
    return number


@leads.post("/forms")
async def add_form(request: Request, stored: TheAssessments, content: TheLibrary, config: TheConfig, person: ThePerson) -> Response:
    """Store a form."""
    posted = await request.form()
    given = {name: str(value) for name, value in posted.items()}
    picked = [str(value) for value in posted.getlist("case")]
    musts = [str(value) for value in posted.getlist("must")]
    try:
        cases = []
        for name in picked:
            seed = _number(given, f"seed-{name}")
            persona = given.get(f"persona-{name}", "") or content.scenario(name).personas[0]
            cases.append({"scenario": name, "persona": persona, "seed": int(seed) if seed is not None else 1})
        weights = {name.removeprefix("weight-"): _number(given, name) or 0.0 for name in given if name.startswith("weight-")}
        limit, pass_mark = _number(given, "time_limit_minutes"), _number(given, "pass_mark")
        data = (
            {
                "title": given.get("title", ""),
                "cases": cases,
                "musts": musts,
                "time_limit_minutes": int(limit) if limit else None,
                "attempts": int(_number(given, "attempts") or 1),
            }
            | ({"weights": weights} if weights else {})
            | ({"pass_mark": pass_mark} if pass_mark is not None else {})
        )
        form = AssessmentForm.model_validate(data)
        check_form(form, content)
    except ValidationError as error:
        first = error.errors()[0]
        problem = errors.InvalidInputError(
            f"{field_name(first['loc'])}: {german_message(first)}.", "Bitte prüfen und noch einmal speichern."
        )
        return _compose(request, content, config, 422, problem=problem, given=given | {"cases": picked, "musts": musts})
    except errors.WarteschleifeError as error:
        return _compose(request, content, config, 422, problem=error, given=given | {"cases": picked, "musts": musts})
    form_id = await stored.add_form(form.model_dump(mode="json"), person)
    return RedirectResponse(f"/forms/{form_id}", 303)


@leads.get("/forms/{form_id}")
async def show_form(request: Request, form_id: str, stored: TheAssessments, content: TheLibrary, people: TheAccounts) -> Response:
    """Show a form, whom it was given to, and how far they are."""
    return await _form_page(request, form_id, stored, content, people)


async def _form_page(
    request: Request, form_id: str, stored: Any, content: Any, people: Any, status: int = 200, problem: Any = None
) -> Response:
    found = await stored.form(form_id)
    form = AssessmentForm.model_validate(found.data)
    given = await stored.assignments(form_id=form_id)
    tries = await stored.attempts([a.id for a in given])
    everybody = [p for p in await people.people() if p.active]
    return render(
        request,
        "form.html",
        status,
        stored=found,
        form=form,
        musts=_musts(form),
        scenarios=[content.scenario(case.scenario) for case in form.cases],
        library=content,
        given=given,
        tries=tries,
        everybody=everybody,
        names={p.id: p.name for p in await people.people()},
        now=time.time(),
        state_of=state_of,
        problem=problem,
    )


@leads.post("/forms/{form_id}/assign")
async def assign(
    request: Request, form_id: str, stored: TheAssessments, content: TheLibrary, people: TheAccounts, person: ThePerson
) -> Response:
    """Give a form to people."""
    posted = await request.form()
    wanted = {str(value) for value in posted.getlist("person")}
    due = str(posted.get("due", "")).strip()
    try:
        try:
            due_at = datetime.fromisoformat(f"{due}T23:59:59").timestamp() if due else None
        except ValueError:
            raise errors.InvalidInputError(f"„{due}“ ist kein Datum.", "Beispiel: 2026-12-31.") from None
        await stored.assign(form_id, [p for p in await people.people() if p.id in wanted and p.active], due_at, person)
    except (errors.InvalidInputError, errors.ConflictError) as error:
        return await _form_page(request, form_id, stored, content, people, 422, error)
    return RedirectResponse(f"/forms/{form_id}#given", 303)


_SEARCH = 1
"""Seed of the search for parallel forms: the same form always leads to the same ones."""


@leads.get("/forms/{form_id}/parallel")
async def propose_parallel(
    request: Request, form_id: str, stored: TheAssessments, content: TheLibrary, config: TheConfig, count: Annotated[int, Query()] = 1
) -> Response:
    """Propose forms that are as hard as this one, and say how equal they are."""
    form = AssessmentForm.model_validate((await stored.form(form_id)).data)
    table = load_table(data_root())
    found = await asyncio.to_thread(parallel_forms, form, table, count, _SEARCH, config.assessment.parallel)
    return render(
        request,
        "parallel.html",
        form_id=form_id,
        form=form,
        found=found,
        count=count,
        most=config.assessment.parallel.most,
        confidence=config.assessment.parallel.confidence,
        stale=await asyncio.to_thread(staleness, table, data_root(), config),
        content=content,
    )


@leads.post("/forms/{form_id}/parallel")
async def add_parallel(
    form_id: str, stored: TheAssessments, config: TheConfig, person: ThePerson, count: Annotated[int, Form()] = 1
) -> Response:
    """Store the forms that were proposed."""
    form = AssessmentForm.model_validate((await stored.form(form_id)).data)
    found = await asyncio.to_thread(parallel_forms, form, load_table(data_root()), count, _SEARCH, config.assessment.parallel)
    for parallel in found.forms:
        await stored.add_form(parallel.model_dump(mode="json"), person)
    return RedirectResponse("/forms", 303)


@leads.post("/forms/{form_id}/archive")
async def archive(form_id: str, stored: TheAssessments, person: ThePerson) -> Response:
    """Keep a form from being assigned any more."""
    await stored.archive(form_id, person)
    return RedirectResponse("/forms", 303)


# --- for team leads: review ------------------------------------------------------------------------------------------


@leads.get("/reviews")
async def list_reviews(request: Request, stored: TheAssessments, people: TheAccounts) -> Response:
    """List attempts that want a lead: to be released, or to be looked at a second time."""
    given = {a.id: a for a in await stored.assignments()}
    tries = await stored.attempts(list(given))
    titles = {f.id: f.data["title"] for f in await stored.forms(archived=True)}
    names = {p.id: p.name for p in await people.people()}
    now = time.time()
    rows = [(t, given[t.assignment_id], titles[given[t.assignment_id].form_id], state_of(t, now)) for t in tries]
    order = {"finished": 0, "objected": 1, "overdue": 2, "running": 3, "released": 4, "closed": 5}
    rows.sort(key=lambda row: (order[row[3]], -row[0].started_at))
    return render(request, "reviews.html", rows=rows, names=names)


async def _reviewable(request: Request, attempt_id: str, person: Person) -> Attempt:
    """Return a finished attempt of somebody else.

    Raises:
        ForbiddenError: for one's own.
        ConflictError: while it runs; one whose time is up is closed first.
    """
    stored = assessments(request)
    attempt = await stored.attempt(attempt_id)
    if (await stored.assignment(attempt.assignment_id)).account_id == person.id:
        raise errors.ForbiddenError("Die eigene Prüfung beurteilt eine andere Person.", "Bitte eine andere Teamleitung bitten.")
    if state_of(attempt, time.time()) == "overdue":
        await close_attempt(request, attempt)
        attempt = await stored.attempt(attempt_id)
    if attempt.finished_at is None:
        raise errors.ConflictError("Dieser Versuch läuft noch.", "Beurteilen lässt sich, was beendet ist.")
    return attempt


@leads.get("/reviews/{attempt_id}")
async def review(request: Request, attempt_id: str, person: ThePerson) -> Response:
    """Show an attempt with all evidence."""
    attempt = await _reviewable(request, attempt_id, person)
    log = await assessments(request).log(100, attempt_id)
    return render(
        request, "review.html", **(await _view(request, attempt)), log=[dict(r) | {"detail": json.loads(r["detail"])} for r in log]
    )


@leads.post("/reviews/{attempt_id}/say")
async def say(
    request: Request,
    attempt_id: str,
    stored: TheAssessments,
    conversations: TheHost,
    person: ThePerson,
    kind: Annotated[str, Form()] = "comment",
    place: Annotated[str, Form(max_length=80)] = "",
    value: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
) -> Response:
    """Set a score otherwise, with a reason, or comment on something."""
    attempt = await _reviewable(request, attempt_id, person)
    if kind not in {"score", "must", "comment"}:
        raise errors.InvalidInputError(f"Die Art „{kind}“ gibt es nicht.", "Erlaubt: score, must, comment.")
    number = _number({"value": value}, "value")
    if kind != "comment" and number is None:
        raise errors.InvalidInputError("Es fehlt der Wert.", "Erlaubt sind 0 bis 100.")
    replies = [(await conversations.conversation(name)).turn for name in attempt.conversations]
    if not knows_place(attempt.result or {}, replies, kind, place):
        raise errors.InvalidInputError(f"Die Stelle „{place}“ gibt es hier nicht.", "Bitte die Seite neu laden.")
    await stored.say(attempt.id, person, kind, place, number if kind != "comment" else None, text)
    anchor = "-".join(place.removesuffix("/empathy").removesuffix("/resolution").split("/")) or "whole"
    return RedirectResponse(f"/reviews/{attempt_id}#at-{anchor}", 303)


@leads.post("/reviews/{attempt_id}/release")
async def release(request: Request, attempt_id: str, stored: TheAssessments, conversations: TheHost, person: ThePerson) -> Response:
    """Let the trainee see the result: no result without this step by a human."""
    attempt = await _reviewable(request, attempt_id, person)
    await stored.release(attempt.id, person)
    for name in attempt.conversations:
        await conversations.release(name)
    return RedirectResponse(f"/reviews/{attempt_id}", 303)


@leads.post("/reviews/{attempt_id}/second")
async def second(
    request: Request, attempt_id: str, stored: TheAssessments, person: ThePerson, text: Annotated[str, Form()] = ""
) -> Response:
    """End a second look."""
    attempt = await _reviewable(request, attempt_id, person)
    await stored.close_second(attempt.id, text, person)
    return RedirectResponse(f"/reviews/{attempt_id}", 303)


@leads.get("/audit")
async def audit(request: Request, stored: TheAssessments, people: TheAccounts) -> Response:
    """Show who did what when."""
    given = {a.id: a for a in await stored.assignments()}
    titles = {f.id: f.data["title"] for f in await stored.forms(archived=True)}
    names = {p.id: p.name for p in await people.people()}
    attempts = {t.id: given[t.assignment_id] for t in await stored.attempts(list(given))}
    musts = {must.id: must.name for must in must_library(data_root()).musts}
    log = [dict(row) | {"detail": json.loads(row["detail"])} for row in await stored.log(500)]
    return render(request, "audit.html", log=log, given=given, attempts=attempts, titles=titles, names=names, musts=musts)
