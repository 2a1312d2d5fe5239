"""The pages: choose a scenario, practise, scorecard. Server-rendered; scripts only make them livelier."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot import errors
from bot.acts import ACT_NAMES
from bot.content.schema import Scenario
from bot.conversation import Conversation
from bot.desk import TOOLS
from bot.web import words
from bot.web.api import TheConfig, TheHost, TheLibrary, TheMetrics, count_turn, scenario_card
from bot.web.charts import MOODS, mood_curve
from bot.web.report import marked
from bot.web.schemas import is_hidden

router = APIRouter(include_in_schema=False)
_jinja = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_jinja.globals.update(words=words, acts=ACT_NAMES, moods=MOODS, marked=marked)


def _percent(value: float) -> int:
    return round(100 * value)


_PAUSE = re.compile(r"\[([^\]]+)\]")


def _spoken(text: str) -> list[list[tuple[str, bool]]]:
    """Return paragraphs as (text, is stage direction) stretches: `[Pause]` is heard, not said."""
    return [[(part, i % 2 == 1) for i, part in enumerate(_PAUSE.split(line)) if part] for line in text.splitlines() if line.strip()]


def _clause(text: str) -> str:
    return text.rstrip(" .")


def _german(value: float) -> str:
    """Return a number as it is written in German: 12,5 and 3."""
    return f"{value:.2f}".rstrip("0").rstrip(".").replace(".", ",")


_jinja.filters.update(german=_german, percent=_percent, spoken=_spoken, clause=_clause)


def render(name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a template as an answer."""
    return HTMLResponse(_jinja.get_template(name).render(**values), status)


def error_page(request: Request, status: int, title: str, detail: str, remedy: str) -> Response:
    """Return the page for an error."""
    return render("error.html", status, title=title, detail=detail, remedy=remedy, code=status)


@router.get("/")
async def home(content: TheLibrary, conversations: TheHost, channel: str = "", difficulty: str = "") -> HTMLResponse:
    """Let the trainee choose a scenario."""
    ordered = sorted(content.scenarios.values(), key=lambda s: (s.difficulty, s.title))
    shown = [s for s in ordered if channel in ("", s.channel) and difficulty in ("", str(s.difficulty))]
    recent = [h for h in await conversations.store.headers(6) if h.scenario in content.scenarios and h.persona in content.personas]
    return render(
        "home.html",
        cards=[scenario_card(content, s.id) for s in shown],
        recent=recent,
        library=content,
        channel=channel,
        difficulty=difficulty,
        channels=[c for c in words.CHANNELS if any(s.channel == c for s in ordered)],
        difficulties=sorted({s.difficulty for s in ordered}),
    )


@router.post("/practice")
async def begin(
    conversations: TheHost,
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
    conversation_id, _ = await conversations.start(scenario, persona, "", int(seed) if seed.strip() else None, clock=bool(clock))
    return RedirectResponse(f"/practice/{conversation_id}", 303)


GROUPS = list(dict.fromkeys(tool.group for tool in TOOLS.values()))
"""Tabs of the desk, in order."""

_STATUSES = ("offen", "in Arbeit", "wartet auf Kunde", "gelöst", "storniert")


def _choices(scenario: Scenario, desk: dict[str, Any]) -> Callable[[str, str], Any]:
    """Return a function (tool, argument) -> what can be chosen: value -> text, a list of proposals, or None."""
    rules = scenario.desk

    def choices(tool: str, argument: str) -> Any:
        limits = {n: f" (bis {_german(r.limit)} €)" if r.limit else "" for n, r in rules.remedies.items()}
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
    }


def _wants_fragment(request: Request) -> bool:
    return request.headers.get("x-fragment") == "1"


@router.get("/practice/{conversation_id}")
async def practise(request: Request, conversation_id: str, conversations: TheHost) -> HTMLResponse:
    """Show the conversation."""
    conversation = await conversations.conversation(conversation_id)
    return render("practice.html", **_view(request, conversation_id, conversation))


@router.post("/practice/{conversation_id}/reply")
async def answer(
    request: Request,
    conversation_id: str,
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
            return render("problem.html", status, problem=error)
        try:
            conversation = await conversations.conversation(conversation_id)
        except errors.StorageError:
            return render("error.html", 503, title="Gerade nicht möglich", detail=error.message, remedy=error.remedy, code=503, draft=text)
        return render("practice.html", status, **(_view(request, conversation_id, conversation) | {"draft": text, "problem": error}))
    count_turn(counters, conversation)
    if _wants_fragment(request):
        view = _view(request, conversation_id, conversation)
        return render("turn_fragment.html", exchange=exchange, **view)
    return RedirectResponse(f"/practice/{conversation_id}#turn-{exchange.turn}", 303)


@router.post("/practice/{conversation_id}/desk/{tool}")
async def use_tool(request: Request, conversation_id: str, tool: str, conversations: TheHost) -> Response:
    """Use a tool of the desk from its form."""
    form = await request.form()
    arguments = {name: str(value) for name, value in form.items() if str(value).strip()}
    problem = None
    result: Any = None
    try:
        result = await conversations.desk(conversation_id, tool, arguments)
    except (errors.InvalidInputError, errors.ConflictError) as error:
        problem = error
    status = 200 if problem is None else 409 if isinstance(problem, errors.ConflictError) else 422
    if _wants_fragment(request):
        return render("tool_result.html", status, id=conversation_id, tool_result=result, problem=problem, tools=TOOLS, groups=GROUPS)
    conversation = await conversations.conversation(conversation_id)
    view = _view(request, conversation_id, conversation) | {"tool_result": result, "problem": problem}
    return render("practice.html", status, **view)


@router.post("/practice/{conversation_id}/finish")
async def finish(conversation_id: str, conversations: TheHost) -> Response:
    """End the conversation and go to its scorecard."""
    await conversations.finish(conversation_id)
    return RedirectResponse(f"/practice/{conversation_id}/scorecard", 303)


@router.post("/practice/{conversation_id}/branch")
async def branch(conversation_id: str, conversations: TheHost, turn: Annotated[int, Form()]) -> Response:
    """Go on from an earlier turn in a new conversation."""
    fresh, _ = await conversations.branch(conversation_id, turn)
    return RedirectResponse(f"/practice/{fresh}", 303)


@router.post("/practice/{conversation_id}/delete")
async def forget(conversation_id: str, conversations: TheHost) -> Response:
    """Delete a conversation for good."""
    await conversations.delete(conversation_id)
    return RedirectResponse("/", 303)


def render_scorecard(request: Request, conversation_id: str, conversation: Conversation) -> HTMLResponse:
    """Return the scorecard page of a finished conversation."""
    view = _view(request, conversation_id, conversation)
    late = f"{request.app.state.config.evaluation.conversation.late:g}".replace(".", ",")
    return render("scorecard.html", card=conversation.scorecard, late=late, **view)


@router.get("/practice/{conversation_id}/scorecard")
async def show_scorecard(request: Request, conversation_id: str, conversations: TheHost) -> Response:
    """Show the scorecard; a conversation that goes on leads back to itself."""
    conversation = await conversations.conversation(conversation_id)
    if conversation.scorecard is None:
        return RedirectResponse(f"/practice/{conversation_id}", 303)
    return render_scorecard(request, conversation_id, conversation)


@router.get("/practice/{conversation_id}/mood-{theme}.svg")
async def mood_picture(conversation_id: str, theme: str, conversations: TheHost) -> Response:
    """Return the mood curve as a picture; hidden while an assessment goes on."""
    conversation = await conversations.conversation(conversation_id)
    if is_hidden(conversation) or theme not in ("light", "dark"):
        raise errors.NotFoundError("Dieses Bild gibt es nicht.", "")
    # The picture brings its own style element; nothing else may load from it.
    headers = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'", "cache-control": "private, max-age=60"}
    return Response(mood_curve(conversation, dark=theme == "dark"), media_type="image/svg+xml", headers=headers)


@router.get("/about")
async def about(config: TheConfig) -> HTMLResponse:
    """Say in plain German how scores come about, what they cannot tell, and what is stored."""
    return render("about.html", config=config)
