"""Scoring many transcripts: one line in, one line out, in the same order, in constant memory."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from spacy.language import Language

from bot.config import Config
from bot.errors import WarteschleifeError
from bot.evaluation.transcript import score_transcript


def score_lines(nlp: Language, lines: Iterable[bytes], config: Config) -> Iterator[tuple[str, bool]]:
    """Score transcripts line by line.

    Args:
        nlp: the trained pipeline.
        lines: JSON lines in the score format; blank lines are passed over.
        config: settings.

    Yields:
        (JSON line, whether it could be scored). A line that cannot be read gives `{"id", "error"}` in its place.
    """
    for line in lines:
        if line.strip():
            yield _score_line(nlp, line, config)


def _score_line(nlp: Language, line: bytes, config: Config) -> tuple[str, bool]:
    item: Any = None
    try:
        item = json.loads(line.decode("utf-8-sig"))
        return _json(score_transcript(nlp, item, config)), True
    except UnicodeDecodeError:
        problem = "Die Zeile ist nicht in UTF-8 gespeichert."
    except (json.JSONDecodeError, RecursionError) as error:
        problem = f"Die Zeile ist kein gültiges JSON: {error}."
    except WarteschleifeError as error:
        problem = str(error)
    return _json({"id": item.get("id") if isinstance(item, dict) else None, "error": problem}), False


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
