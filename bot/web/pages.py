"""The pages of a conversation: practise, desk, scorecard, comparison. Server-rendered; scripts only make them livelier."""

from collections.abc import Callable
from itertools import zip_longest
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from bot import errors
from bot.content.schema import Scenario
from bot.conversation import HINT_STEPS, Conversation
from bot.desk import TOOLS
from bot.web.access import FIELD, Mine, Readable, ThePerson, my_conversation, trainee
from bot.web.api import TheConfig, TheHost, TheLibrary, TheMetrics, count_turn
from bot.web.charts import mood_curve
from bot.web.render import decimal, render
from bot.web.schemas import is_hidden

router = APIRouter(include_in_schema=False, dependencies=[Depends(trainee)])
FEEDBACK = "feedback"
"""Cookie that says whether feedback is shown after each reply."""


def error_page(request: Request, status: int, title: str, detail: str, remedy: str) -> Response:
    """Return the page for an error."""
    return render(request, "error.html", status, title=title, detail=detail, remedy=remedy, code=status)


@router.post("/practice")
async def begin(
    conversations: TheHost,
    person: ThePerson,
    scenario: Annotated[str, Form()] = "",
    persona: Annotated[str, Form()] = "",
    seed: Annotated[str, Form()] = "",
    clock: Annotated[str, Form()] = "",
) -> Response:
    """Begin a conversation and go to it."""
    if seed.strip() and not seed.strip().isdigit():
        raise errors.InvalidInputError(
            f"Der Startwert „{seed}“ geht nicht.", "Erlaubt ist eine ganze Zahl; leer lassen für ein neues Gespräch."
        )
    chosen = int(seed) if seed.strip() else None
    conversation_id, _ = await conversations.start(scenario, persona, "", chosen, clock=bool(clock), owner=person.id)
    return RedirectResponse(f"/practice/{conversation_id}", 303)


GROUPS = list(dict.fromkeys(tool.group for tool in TOOLS.values()))
"""Tabs of the desk, in order."""

_STATUSES = ("offen", "in Arbeit", "wartet auf Kunde", "gelöst", "storniert")


def _choices(scenario: Scenario, desk: dict[str, Any]) -> Callable[[str, str], Any]:
    """Return a function (tool, argument) -> what can be chosen: value -> text, a list of proposals, or None."""
    rules = scenario.desk

    def choices(tool: str, argument: str) -> Any:
        limits = {n: f" (bis {decimal(r.limit)} €)" if r.limit else "" for n, r in rules.remedies.items()}
        known: dict[tuple[str, str], Any] = {
            ("remedy", "name"): {n: r.label + limits[n] for n, r in rules.remedies.items()},
            ("remedy", "option"): [option for r in rules.remedies.values() for option in r.options],
            ("booking", "slot"): {slot: slot for slot in rules.slots},
            ("handover", "to"): {target: target for target in rules.handover},
            ("ticket_status", "status"): _STATUSES,
        }
        return known.get((tool, argument)) or None

    return choices


def _view(request: Request, conversation_id: str, conversation: Conversation) -> dict[str, Any]:
    """Return what the conversation's templates need."""
    library, config = request.app.state.library, request.app.state.config
    session = conversation.session
    scenario = library.scenario(session["scenario"])
    desk = conversation.slots["desk"]
    return {
        "id": conversation_id,
        "conversation": conversation,
        "scenario": scenario,
        "desk": desk,
        "groups": GROUPS,
        "choices": _choices(scenario, desk),
        "persona": library.persona(session["persona"]),
        "hidden": is_hidden(conversation),
        "limit": config.limits.reply_characters,
        "tools": TOOLS,
        "draft": "",
        "problem": None,
        "tool_result": None,
        "mood": conversation.exchanges[-1].mood,
        "feedback_on": request.cookies.get(FEEDBACK) != "off",
        "hints": [hint for hint in conversation.hints if hint["turn"] == conversation.turn],
        "hint_steps": HINT_STEPS,
        "ends_at": None,
    }


def _wants_fragment(request: Request) -> bool:
    return request.headers.get("x-fragment") == "1"


@router.get("/practice/{conversation_id}")
async def practise(request: Request, conversation_id: Mine, conversations: TheHost) -> HTMLResponse:
    """Show the conversation."""
    conversation = await conversations.conversation(conversation_id)
    attempt = conversation.session.get("attempt")
    ends_at = (await request.app.state.assessments.attempt(attempt)).ends_at if attempt else None
    return render(request, "practice.html", **(_view(request, conversation_id, conversation) | {"ends_at": ends_at}))


@router.post("/practice/{conversation_id}/reply")
async def answer(
    request: Request,
    conversation_id: Mine,
    conversations: TheHost,
    counters: TheMetrics,
    text: Annotated[str, Form()] = "",
    message_id: Annotated[str, Form(max_length=128)] = "",
) -> Response:
    """Take a reply from the form; on a problem the page comes back with the text still in the box."""
    try:
        conversation, exchange = await conversations.reply(conversation_id, text, message_id)
    except errors.NotFoundError:
        raise
    except errors.WarteschleifeError as error:
        status = 409 if isinstance(error, errors.ConflictError) else 503 if isinstance(error, errors.StorageError) else 422
        if _wants_fragment(request):
            return render(request, "problem.html", status, problem=error)
        try:
            conversation = await conversations.conversation(conversation_id)
        except errors.StorageError:
            return render(
                request, "error.html", 503, title="Gerade nicht möglich", detail=error.message, remedy=error.remedy, code=503, draft=text
            )
        return render(
            request, "practice.html", status, **(_view(request, conversation_id, conversation) | {"draft": text, "problem": error})
        )
    count_turn(counters, conversation)
    if _wants_fragment(request):
        view = _view(request, conversation_id, conversation)
        return render(request, "turn_fragment.html", exchange=exchange, **view)
    return RedirectResponse(f"/practice/{conversation_id}#turn-{exchange.turn}", 303)


@router.post("/practice/{conversation_id}/desk/{tool}")
async def use_tool(request: Request, conversation_id: Mine, tool: str, conversations: TheHost) -> Response:
    """Use a tool of the desk from its form."""
    form = await request.form()
    arguments = {name: str(value) for name, value in form.items() if name != FIELD and str(value).strip()}
    problem = None
    result: Any = None
    try:
        result = await conversations.desk(conversation_id, tool, arguments)
    except (errors.InvalidInputError, errors.ConflictError) as error:
        problem = error
    status = 200 if problem is None else 409 if isinstance(problem, errors.ConflictError) else 422
    if _wants_fragment(request):
        return render(
            request, "tool_result.html", status, id=conversation_id, tool_result=result, problem=problem, tools=TOOLS, groups=GROUPS
        )
    conversation = await conversations.conversation(conversation_id)
    view = _view(request, conversation_id, conversation) | {"tool_result": result, "problem": problem}
    return render(request, "practice.html", status, **view)


@router.post("/practice/{conversation_id}/hint")
async def hint(request: Request, conversation_id: Mine, conversations: TheHost) -> Response:
    """Give the next step of a hint."""
    problem = None
    try:
        await conversations.hint(conversation_id)
    except errors.ConflictError as error:
        problem = error
    conversation = await conversations.conversation(conversation_id)
    view = _view(request, conversation_id, conversation) | {"problem": problem}
    name = "practice.html" if not _wants_fragment(request) else "problem.html" if problem else "hints.html"
    return render(request, name, 409 if problem else 200, **view)


@router.post("/practice/{conversation_id}/feedback")
async def switch_feedback(request: Request, conversation_id: Mine, conversations: TheHost, on: Annotated[str, Form()] = "") -> Response:
    """Show feedback after each reply, or keep it for the end."""
    response: Response
    if _wants_fragment(request):
        conversation = await conversations.conversation(conversation_id)
        response = render(request, "status.html", **(_view(request, conversation_id, conversation) | {"feedback_on": bool(on)}))
    else:
        response = RedirectResponse(f"/practice/{conversation_id}", 303)
    response.set_cookie(FEEDBACK, "on" if on else "off", max_age=365 * 86400, samesite="lax", httponly=True)
    return response


@router.post("/practice/{conversation_id}/share")
async def share(conversation_id: Mine, conversations: TheHost, on: Annotated[str, Form()] = "") -> Response:
    """Show a finished conversation to the team leads, or take that back."""
    conversation = await conversations.conversation(conversation_id)
    if conversation.scorecard is None or is_hidden(conversation):
        raise errors.ConflictError("Zeigen lässt sich nur ein beendetes Gespräch.", "Erst beenden und auswerten.")
    await conversations.store.share(conversation_id, shared=bool(on))
    return RedirectResponse(f"/practice/{conversation_id}/scorecard#shared", 303)


@router.post("/practice/{conversation_id}/finish")
async def finish(conversation_id: Mine, conversations: TheHost) -> Response:
    """End the conversation and go to its scorecard."""
    conversation = await conversations.finish(conversation_id)
    return RedirectResponse(_after(conversation_id, conversation), 303)


@router.post("/practice/{conversation_id}/branch")
async def branch(conversation_id: Mine, conversations: TheHost, turn: Annotated[int, Form()]) -> Response:
    """Go on from an earlier turn in a new conversation."""
    fresh, _ = await conversations.branch(conversation_id, turn)
    return RedirectResponse(f"/practice/{fresh}", 303)


@router.post("/practice/{conversation_id}/delete")
async def forget(conversation_id: Mine, conversations: TheHost) -> Response:
    """Delete a conversation for good."""
    await conversations.delete(conversation_id)
    return RedirectResponse("/history", 303)


def _after(conversation_id: str, conversation: Conversation) -> str:
    """Return where a finished conversation leads: to its scorecard, or on in the assessment."""
    attempt = conversation.session.get("attempt")
    return f"/attempts/{attempt}/go" if attempt else f"/practice/{conversation_id}/scorecard"


async def scorecard_page(request: Request, conversation_id: str, conversation: Conversation) -> HTMLResponse:
    """Return the scorecard page of a finished conversation."""
    host, person = request.app.state.host, request.state.person
    header = await host.store.header(conversation_id)
    others = await host.store.headers(header.owner, 6, scenario=header.scenario, mode="practice")
    view = _view(request, conversation_id, conversation)
    return render(
        request,
        "scorecard.html",
        card=conversation.scorecard,
        late=decimal(request.app.state.config.evaluation.conversation.late),
        pass_points=request.app.state.config.learning.pass_points,
        header=header,
        is_mine=header.owner == person.id,
        others=[other for other in others if other.id != conversation_id and other.finished_at][:4],
        **view,
    )


@router.get("/practice/{conversation_id}/scorecard")
async def show_scorecard(request: Request, conversation_id: Readable, conversations: TheHost) -> Response:
    """Show the scorecard; a conversation that goes on leads back to itself."""
    conversation = await conversations.conversation(conversation_id)
    if conversation.scorecard is None:
        return RedirectResponse(f"/practice/{conversation_id}", 303)
    if is_hidden(conversation):
        return RedirectResponse(_after(conversation_id, conversation), 303)
    return await scorecard_page(request, conversation_id, conversation)


@router.get("/compare/{conversation_id}/{other_id}")
async def compare(
    request: Request,
    conversation_id: Mine,
    other_id: str,
    conversations: TheHost,
    content: TheLibrary,
    person: ThePerson,
    config: TheConfig,
) -> HTMLResponse:
    """Show two attempts at the same scenario side by side.

    Raises:
        InvalidInputError: for conversations of two scenarios.
        ConflictError: when one of them has no scorecard yet.
    """
    await my_conversation(request, other_id, person)
    pair = []
    for name in (conversation_id, other_id):
        conversation, header = await conversations.conversation(name), await conversations.store.header(name)
        if conversation.scorecard is None or is_hidden(conversation):
            raise errors.ConflictError("Vergleichen lassen sich nur beendete Gespräche.", "Erst das Gespräch beenden und auswerten.")
        pair.append((header, conversation))
    (first, left), (second, right) = sorted(pair, key=lambda p: p[0].created_at)
    if first.scenario != second.scenario:
        raise errors.InvalidInputError(
            "Das sind Gespräche aus zwei Szenarien.", "Vergleichen lassen sich zwei Versuche am selben Szenario."
        )
    rows = list(zip_longest(left.exchanges[1:], right.exchanges[1:]))
    same = next((i for i, (a, b) in enumerate(rows) if not a or not b or a.reply != b.reply), len(rows))
    return render(
        request,
        "compare.html",
        scenario=content.scenario(first.scenario),
        library=content,
        attempts=(first, second),
        conversations=(left, right),
        cards=(left.scorecard, right.scorecard),
        opening=left.exchanges[0].customer if left.exchanges[0].customer == right.exchanges[0].customer else "",
        rows=rows,
        same=same,
        skills=[skill for skill in config.learning.skills if any(skill in (c.scorecard or {}).get("skills", {}) for c in (left, right))],
    )


@router.get("/practice/{conversation_id}/mood-{theme}.svg")
async def mood_picture(conversation_id: Readable, theme: str, conversations: TheHost) -> Response:
    """Return the mood curve as a picture; hidden while an assessment goes on."""
    conversation = await conversations.conversation(conversation_id)
    if is_hidden(conversation) or theme not in ("light", "dark"):
        raise errors.NotFoundError("Dieses Bild gibt es nicht.", "")
    # The picture brings its own style element; nothing else may load from it.
    headers = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'", "cache-control": "private, max-age=60"}
    return Response(mood_curve(conversation, dark=theme == "dark"), media_type="image/svg+xml", headers=headers)
