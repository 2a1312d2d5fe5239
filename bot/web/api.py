"""The REST API."""

import asyncio
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.config import Config
from bot.content import Library
from bot.conversation import Conversation
from bot.desk import TOOLS
from bot.evaluation import score_transcript
from bot.session import Host
from bot.web import rasa, report
from bot.web.schemas import (
    ConversationStart,
    NewBranch,
    NewConversation,
    NewReply,
    Problem,
    RasaMessage,
    ReplyAnswer,
    ToolCall,
    answer_of,
    start_of,
    transcript_of,
)
from bot.web.security import Metrics

_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": text, "content": {"application/problem+json": {}}}
    for status, text in (
        (404, "unknown id"),
        (409, "ended, or another request was faster"),
        (422, "not acceptable"),
        (503, "storage or model unavailable"),
    )
}
router = APIRouter(prefix="/api/v1", responses=_ERRORS)
outside = APIRouter()


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
async def create(wish: NewConversation, response: Response, conversations: TheHost) -> ConversationStart:
    """Begin a conversation; the customer speaks first."""
    conversation_id, conversation = await conversations.start(
        wish.scenario, wish.persona or "", wish.channel or "", wish.seed, wish.mode, clock=wish.clock
    )
    response.headers["Location"] = f"/api/v1/conversations/{conversation_id}"
    return start_of(conversation_id, conversation)


@router.get("/conversations/{conversation_id}")
async def transcript(conversation_id: str, conversations: TheHost) -> dict[str, Any]:
    """Return the transcript with ratings and moods."""
    return transcript_of(conversation_id, await conversations.conversation(conversation_id))


@router.delete("/conversations/{conversation_id}", status_code=204)
async def forget(conversation_id: str, conversations: TheHost) -> None:
    """Delete a conversation for good."""
    await conversations.delete(conversation_id)


@router.post("/conversations/{conversation_id}/replies")
async def reply(conversation_id: str, new: NewReply, conversations: TheHost, counters: TheMetrics) -> ReplyAnswer:
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
async def desk(conversation_id: str, tool: str, call: ToolCall, conversations: TheHost) -> dict[str, Any]:
    """Use a tool of the desk."""
    return dict(await conversations.desk(conversation_id, tool, call.arguments))


@router.post("/conversations/{conversation_id}/finish")
async def finish(conversation_id: str, conversations: TheHost) -> dict[str, Any]:
    """End the conversation and return its scorecard; done twice, it gives the same."""
    conversation = await conversations.finish(conversation_id)
    return dict(conversation.scorecard or {})


@router.post("/conversations/{conversation_id}/branch", status_code=201)
async def branch(conversation_id: str, wish: NewBranch, conversations: TheHost) -> ConversationStart:
    """Begin a new conversation that goes on after a turn of this one."""
    return start_of(*await conversations.branch(conversation_id, wish.turn))


@router.get("/conversations/{conversation_id}/report")
async def report_json(conversation_id: str, conversations: TheHost) -> dict[str, Any]:
    """Return scorecard and transcript."""
    conversation = report.finished(await conversations.conversation(conversation_id))
    return {"scorecard": conversation.scorecard, "transcript": transcript_of(conversation_id, conversation)}


@router.get("/conversations/{conversation_id}/report.html")
async def report_html(request: Request, conversation_id: str, conversations: TheHost) -> Response:
    """Return the report as a page."""
    conversation = report.finished(await conversations.conversation(conversation_id))
    return report.page(request, conversation_id, conversation)


@router.get("/conversations/{conversation_id}/report.pdf", response_class=Response)
async def report_pdf(conversation_id: str, conversations: TheHost, content: TheLibrary) -> Response:
    """Return the report as PDF."""
    conversation = report.finished(await conversations.conversation(conversation_id))
    data = await asyncio.to_thread(report.pdf, conversation_id, conversation, content)
    name = f'inline; filename="warteschleife-{conversation_id}.pdf"'
    return Response(data, media_type="application/pdf", headers={"Content-Disposition": name})


@router.post("/score")
async def score(item: dict[str, Any], settings: TheConfig, request: Request) -> dict[str, Any]:
    """Score one finished conversation in the score format."""
    return await asyncio.to_thread(score_transcript, request.app.state.pipeline, item, settings)


# --- outside /api/v1 ------------------------------------------------------------------------------------------------


@outside.post("/webhooks/rest/webhook", responses=_ERRORS)
async def rasa_rest(message: RasaMessage, conversations: TheHost, counters: TheMetrics) -> list[dict[str, Any]]:
    """Rasa's REST channel: `/start{"scenario": "…"}` begins, free text replies, `/desk_…{…}` uses a tool, `/finish` ends."""
    said = await rasa.take(conversations, message.sender, message.message)
    counters.turns.inc()
    return [{"recipient_id": message.sender, **item} for item in said]


@outside.get("/health")
async def health() -> dict[str, str]:
    """Tell that the process is alive."""
    return {"status": "ok"}


@outside.get("/ready", responses=_ERRORS)
async def ready(conversations: TheHost, content: TheLibrary) -> dict[str, Any]:
    """Tell that the database answers and model and content are loaded."""
    await conversations.store.headers(1)
    return {"status": "ready", "scenarios": len(content.scenarios)}


@outside.get("/metrics", response_class=Response)
async def show_metrics(counters: TheMetrics) -> Response:
    """Return counters for Prometheus."""
    return Response(generate_latest(counters.registry), media_type=CONTENT_TYPE_LATEST)
