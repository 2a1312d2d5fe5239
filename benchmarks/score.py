"""Scoring transcripts, beside spaCy's bare German tokenizer on the same replies in the same run.

Run with `make bench`. Prints replies per second with one process and with one for each core, and how many times the
tokenizer's time a reading takes.
"""

import json
import os
import time
from pathlib import Path

import spacy

from bot.cli import ensure_model
from bot.config import load_config
from bot.content import rated_replies
from bot.evaluation.bulk import score_lines_in_parallel

DATA = Path(__file__).resolve().parent.parent / "data"
CONVERSATIONS = 3000


def transcripts() -> list[bytes]:
    """Return conversations made of rated replies in their contexts, one a line."""
    lines = []
    replies = list(rated_replies(DATA))
    for number in range(CONVERSATIONS):
        reply = replies[number % len(replies)]
        turns = [{"role": turn.role, "text": turn.text} for turn in reply.turns] + [{"role": "agent", "text": reply.text or "…"}]
        lines.append(json.dumps({"id": str(number), "channel": reply.channel, "turns": turns}, ensure_ascii=False).encode())
    return lines


def tokenizer_seconds(texts: list[str]) -> float:
    """Return what spaCy's bare German tokenizer needs for the texts."""
    nlp = spacy.blank("de")
    began = time.perf_counter()
    for text in texts:
        nlp.make_doc(text)
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    ensure_model(load_config())
    lines = transcripts()
    texts = [turn["text"] for line in lines for turn in json.loads(line)["turns"] if turn["role"] == "agent"]
    bare = tokenizer_seconds(texts)
    print(f"{len(lines)} conversations, {len(texts)} replies; bare tokenizer {len(texts) / bare:.0f} replies/s")
    for processes in sorted({1, len(os.sched_getaffinity(0))}, reverse=True):  # one last: it leaves this process knowing the texts
        list(score_lines_in_parallel(lines[:200], processes))
        began = time.perf_counter()
        scored = sum(1 for _, ok in score_lines_in_parallel(lines, processes) if ok)
        seconds = time.perf_counter() - began
        print(
            f"{processes} process(es): {scored} conversations scored, {len(texts) / seconds:.0f} replies/s,"
            f" {seconds * processes / bare:.1f} times the tokenizer's processor time (start of the processes included)"
        )


if __name__ == "__main__":
    main()
