"""The report of a finished conversation: as page and as PDF."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from bot.acts import ACT_NAMES
from bot.content import Library
from bot.conversation import Conversation, Exchange
from bot.errors import ConflictError
from bot.web import i18n, words
from bot.web.charts import mood_curve
from bot.web.schemas import is_hidden

_TYPST = Path(__file__).parent / "templates" / "report.typ"


def finished(conversation: Conversation) -> Conversation:
    """Return the conversation if it has a scorecard.

    Raises:
        ConflictError: otherwise.
    """
    if conversation.scorecard is not None and is_hidden(conversation):
        raise ConflictError(
            "Das Ergebnis dieser Prüfung ist noch nicht freigegeben.", "Das tut eine Teamleitung, nachdem sie es gesehen hat."
        )
    if conversation.scorecard is None:
        raise ConflictError("Für dieses Gespräch gibt es noch keine Auswertung.", "Erst das Gespräch beenden (finish).")
    return conversation


def marked(text: str, evidence: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Cut a reply into stretches for highlighting.

    Args:
        text: the reply.
        evidence: of its rating.

    Returns:
        `{text, labels, tone}` in order; tone is `good`, `bad` or empty.
    """
    borders = sorted({0, len(text), *(e["start"] for e in evidence), *(e["end"] for e in evidence)})
    stretches = []
    for start, end in pairwise(borders):
        here = [e for e in evidence if e["start"] <= start and e["end"] >= end]
        labels = list(dict.fromkeys(_label(e) for e in here))
        bad = any(e["act"] in _BAD or e.get("component") in ("respect", "back") for e in here)
        good = any(e.get("component") and e.get("component") not in ("respect", "back") for e in here)
        stretches.append({"text": text[start:end], "labels": labels, "tone": "bad" if bad else "good" if good else ""})
    return stretches


_BAD = frozenset({"rude", "dismiss", "blame_customer", "deflect", "reask", "off_topic"})


def _label(item: Mapping[str, Any]) -> str:
    component: str = item.get("component", "")
    if component == "back":
        return words.COMPONENTS[component]
    if component:
        return f"{words.COMPONENTS[component]} {item['level']}"
    act: str = item["act"]
    return ACT_NAMES.get(act, act)


@lru_cache(maxsize=1)
def _template() -> bytes:
    return _TYPST.read_bytes()


def pdf(conversation_id: str, conversation: Conversation, library: Library) -> bytes:
    """Return the report as PDF (typeset with typst, no network).

    Args:
        conversation_id: shown on it.
        conversation: a finished one.
        library: for titles and names.
    """
    import typst

    i18n.language.set("de")  # the report is German, and so are the labels of its picture
    scenario = library.scenario(conversation.session["scenario"])
    persona = library.persona(conversation.session["persona"])
    card = conversation.scorecard or {}
    data = {
        "id": conversation_id,
        "title": scenario.title,
        "persona": f"{persona.name}, {persona.age}, {persona.district}",
        "channel": words.CHANNELS[scenario.channel],
        "seed": str(conversation.session["seed"]),
        "outcome": words.OUTCOMES[card["outcome"]],
        "headline": card["headline"],
        "empathy": str(card["empathy"]),
        "resolution": str(card["resolution"]),
        "parts": [
            {
                "what": words.PARTS[p["what"]],
                "value": _number(p["value"]),
                "weight": f"{_number(100 * p['weight'])} %",
                "points": _number(p["value"] * p["weight"]),
                "detail": words.OUTCOMES.get(p["detail"], p["detail"]),
            }
            for p in card["parts"]
        ],
        "strengths": [{"text": s["text"], "turn": str(s["turn"]), "quote": s["quote"]} for s in card["strengths"]],
        "next_steps": [{"text": s["text"], "turn": str(s["turn"]), "quote": s["quote"]} for s in card["next_steps"]],
        "turns": [_pdf_turn(e) for e in conversation.exchanges],
    }
    files = {"main.typ": _template(), "data.json": json.dumps(data, ensure_ascii=False).encode(), "mood.svg": mood_curve(conversation)}
    compiled: bytes = typst.compile(files)  # type: ignore[call-overload]  # its stubs do not know files in memory
    return compiled


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".").replace(".", ",")


def _pdf_turn(exchange: Exchange) -> dict[str, Any]:
    rating = exchange.rating or {}
    return {
        "turn": str(exchange.turn),
        "reply": exchange.reply,
        "customer": exchange.customer,
        "empathy": str(rating.get("empathy", "")),
        "resolution": str(rating.get("resolution", "")),
        "feedback": rating.get("feedback", ""),
        "better": rating.get("better", ""),
    }
