"""The REST API."""

import asyncio
import re
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.config import Config
from bot.content import Library
from bot.conversation import Conversation
from bot.desk import TOOLS
from bot.errors import LoginNeededError
from bot.evaluation import score_transcript
from bot.session import SOLO, Host
from bot.web import rasa, report
from bot.web.access import LoginRate, Mine, Readable, TheAccounts, ThePerson, my_conversation, public, trainee
from bot.web.schemas import (
    ConversationStart,
    HintAnswer,
    LoginAnswer,
    NewBranch,
    NewConversation,
    NewLogin,
    NewReply,
    Problem,
    RasaMessage,
    ReplyAnswer,
    ToolCall,
    answer_of,
    is_hidden,
    start_of,
    transcript_of,
)
from bot.web.security import Metrics

_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": text, "content": {"application/problem+json": {}}}
    for status, text in (
        (401, "not logged in (only with accounts.mode: team)"),
        (403, "not allowed to this role"),
        (404, "unknown id, or another person's"),
        (409, "ended, or another request was faster"),
        (422, "not acceptable"),
        (503, "storage or model unavailable"),
    )
}
router = APIRouter(prefix="/api/v1", responses=_ERRORS, dependencies=[Depends(trainee)])
outside = APIRouter(dependencies=[Depends(public)])
logins = APIRouter(dependencies=[Depends(public)])
rasa_channel = APIRouter(dependencies=[Depends(trainee)])


def host(request: Request) -> Host:
    """Return the host of this application."""
    return cast(Host, request.app.state.host)


def config(request: Request) -> Config:
    """Return the settings of this application."""
    return cast(Config, request.app.state.config)


def library(request: Request) -> Library:
    """Return the content of this application."""
    return cast(Library, request.app.state.library)


def metrics(request: Request) -> Metrics:
    """Return the counters of this application."""
    return cast(Metrics, request.app.state.metrics)


TheHost = Annotated[Host, Depends(host)]
TheConfig = Annotated[Config, Depends(config)]
TheLibrary = Annotated[Library, Depends(library)]
TheMetrics = Annotated[Metrics, Depends(metrics)]


def scenario_card(library: Library, scenario_id: str) -> dict[str, Any]:
    """Return what a scenario is, without giving away what the customer hides."""
    s = library.scenario(scenario_id)
    return {
        "id": s.id,
        "title": s.title,
        "summary": s.summary,
        "channel": s.channel,
        "difficulty": s.difficulty,
        "skills": list(s.skills),
        "minutes": s.minutes,
        "company": s.company,
        "briefing": s.briefing,
        "personas": [
            {"id": p, "name": library.persona(p).name, "salutation": library.persona(p).salutation} for p in (*s.personas, *s.stand_ins)
        ],
    }


@router.get("/scenarios")
async def scenarios(content: TheLibrary) -> list[dict[str, Any]]:
    """List all scenarios, easiest first."""
    ordered = sorted(content.scenarios.values(), key=lambda s: (s.difficulty, s.id))
    return [scenario_card(content, s.id) for s in ordered]


@router.get("/tools")
async def tools() -> list[dict[str, Any]]:
    """List the tools of the desk."""
    return [{"tool": name, "title": t.title, "arguments": dict(t.arguments), "optional": list(t.optional)} for name, t in TOOLS.items()]


@router.post("/conversations", status_code=201)
async def create(wish: NewConversation, response: Response, conversations: TheHost, person: ThePerson) -> ConversationStart:
    """Begin a conversation; the customer speaks first."""
    conversation_id, conversation = await conversations.start(
        wish.scenario, wish.persona or "", wish.channel or "", wish.seed, wish.mode, clock=wish.clock, owner=person.id
    )
    response.headers["Location"] = f"/api/v1/conversations/{conversation_id}"
    return start_of(conversation_id, conversation)


@router.get("/conversations/{conversation_id}")
async def transcript(conversation_id: Readable, conversations: TheHost) -> dict[str, Any]:
    """Return the transcript with ratings and moods."""
    return transcript_of(conversation_id, await conversations.conversation(conversation_id))


@router.delete("/conversations/{conversation_id}", status_code=204)
async def forget(conversation_id: Mine, conversations: TheHost) -> None:
    """Delete a conversation for good."""
    await conversations.delete(conversation_id)


@router.post("/conversations/{conversation_id}/replies")
async def reply(conversation_id: Mine, new: NewReply, conversations: TheHost, counters: TheMetrics) -> ReplyAnswer:
    """Take a reply of the trainee; answer with the customer's, the rating and the mood."""
    conversation, exchange = await conversations.reply(conversation_id, new.text, new.message_id or "")
    count_turn(counters, conversation)
    return answer_of(conversation, exchange)


def count_turn(counters: Metrics, conversation: Conversation) -> None:
    """Count a turn, and the ending where it was the last."""
    counters.turns.inc()
    if conversation.outcome:
        counters.endings.labels(conversation.outcome).inc()


@router.post("/conversations/{conversation_id}/desk/{tool}")
async def desk(conversation_id: Mine, tool: str, call: ToolCall, conversations: TheHost) -> dict[str, Any]:
    """Use a tool of the desk."""
    return dict(await conversations.desk(conversation_id, tool, call.arguments))


@router.post("/conversations/{conversation_id}/hint")
async def hint(conversation_id: Mine, conversations: TheHost) -> HintAnswer:
    """Give the next step of a hint for the next reply: a question, a direction, an example. Not in an assessment."""
    return HintAnswer.model_validate(await conversations.hint(conversation_id))


@router.post("/conversations/{conversation_id}/finish")
async def finish(conversation_id: Mine, conversations: TheHost) -> dict[str, Any]:
    """End the conversation and return its scorecard; done twice, it gives the same."""
    conversation = await conversations.finish(conversation_id)
    if is_hidden(conversation):
        return {"outcome": conversation.outcome, "released": False}
    return dict(conversation.scorecard or {})


@router.post("/conversations/{conversation_id}/branch", status_code=201)
async def branch(conversation_id: Mine, wish: NewBranch, conversations: TheHost) -> ConversationStart:
    """Begin a new conversation that goes on after a turn of this one."""
    return start_of(*await conversations.branch(conversation_id, wish.turn))


@router.get("/conversations/{conversation_id}/report")
async def report_json(conversation_id: Readable, conversations: TheHost) -> dict[str, Any]:
    """Return scorecard and transcript."""
    conversation = report.finished(await conversations.conversation(conversation_id))
    return {"scorecard": conversation.scorecard, "transcript": transcript_of(conversation_id, conversation)}


@router.get("/conversations/{conversation_id}/report.html")
async def report_html(request: Request, conversation_id: Readable, conversations: TheHost) -> Response:
    """Return the report as a page."""
    conversation = report.finished(await conversations.conversation(conversation_id))
    from bot.web.pages import scorecard_page

    return await scorecard_page(request, conversation_id, conversation)


@router.get("/conversations/{conversation_id}/report.pdf", response_class=Response)
async def report_pdf(conversation_id: Readable, conversations: TheHost, content: TheLibrary) -> Response:
    """Return the report as PDF."""
    conversation = report.finished(await conversations.conversation(conversation_id))
    data = await asyncio.to_thread(report.pdf, conversation_id, conversation, content)
    name = f'inline; filename="warteschleife-{re.sub(r"[^A-Za-z0-9_-]", "_", conversation_id)}.pdf"'
    return Response(data, media_type="application/pdf", headers={"Content-Disposition": name})


@router.post("/score")
async def score(item: dict[str, Any], settings: TheConfig, request: Request) -> dict[str, Any]:
    """Score one finished conversation in the score format."""
    return await asyncio.to_thread(score_transcript, request.app.state.pipeline, item, settings)


# --- login (accounts.mode: team) --------------------------------------------------------------------------------------


def login_rate(request: Request) -> LoginRate:
    """Return the counter of tries to log in."""
    return cast(LoginRate, request.app.state.login_rate)


TheLoginRate = Annotated[LoginRate, Depends(login_rate)]


def address_of(request: Request) -> str:
    """Return where a request comes from, for counting tries."""
    return request.client.host if request.client else ""


@logins.post("/api/v1/login", responses=_ERRORS)
async def log_in(request: Request, wish: NewLogin, people: TheAccounts, rate: TheLoginRate) -> LoginAnswer:
    """Log in; the token goes into the header `Authorization: Bearer …` of the calls that follow."""
    keys = (f"address {address_of(request)}", f"account {wish.email.strip().lower()}")
    await rate.check(*keys)
    person = await people.log_in(wish.email, wish.password.get_secret_value())
    if person is None:
        await rate.failed(*keys)
        raise LoginNeededError("E-Mail und Passwort passen nicht zusammen.", "Bitte noch einmal versuchen.")
    return LoginAnswer(token=await people.open_login(person), name=person.name, role=person.role)


@router.post("/logout", status_code=204)
async def log_out(request: Request, people: TheAccounts) -> None:
    """End the login whose token came with this call."""
    await people.close_login(request.headers.get("authorization", "").partition(" ")[2].strip())


@router.get("/me")
async def me(person: ThePerson) -> dict[str, Any]:
    """Return who is asking: name and role."""
    return {"id": person.id, "name": person.name, "role": person.role}


# --- outside /api/v1 ------------------------------------------------------------------------------------------------


@rasa_channel.post("/webhooks/rest/webhook", responses=_ERRORS)
async def rasa_rest(
    request: Request, message: RasaMessage, conversations: TheHost, counters: TheMetrics, person: ThePerson
) -> list[dict[str, Any]]:
    """Rasa's REST channel: `/start{"scenario": "…"}` begins, free text replies, `/desk_…{…}` uses a tool, `/finish` ends."""
    if not rasa.begins(message.message):
        await my_conversation(request, message.sender, person)
    said = await rasa.take(conversations, message.sender, message.message, person.id)
    counters.turns.inc()
    return [{"recipient_id": message.sender, **item} for item in said]


@outside.get("/health")
async def health() -> dict[str, str]:
    """Tell that the process is alive."""
    return {"status": "ok"}


@outside.get("/ready", responses=_ERRORS)
async def ready(conversations: TheHost, content: TheLibrary) -> dict[str, Any]:
    """Tell that the database answers and model and content are loaded."""
    await conversations.store.count(SOLO)
    return {"status": "ready", "scenarios": len(content.scenarios)}


@outside.get("/metrics", response_class=Response)
async def show_metrics(counters: TheMetrics) -> Response:
    """Return counters for Prometheus."""
    return Response(generate_latest(counters.registry), media_type=CONTENT_TYPE_LATEST)
