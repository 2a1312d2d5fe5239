"""Scoring many transcripts: one line in, one line out, in the same order, in constant memory, a process per core."""

import json
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from functools import lru_cache
from itertools import chain, islice
from multiprocessing import get_context
from typing import Any

from spacy.language import Language

from bot.config import Config, data_root, load_config
from bot.errors import WarteschleifeError
from bot.evaluation.transcript import score_transcript
from bot.understanding.train import pipeline_for

_CHUNK = 32
"""Lines handed to a process at once: enough that handing over costs little, few enough for a smooth progress bar."""

_AHEAD = 4
"""Chunks in flight for each process; bounds the memory whatever the length of the input."""

Scored = tuple[str, bool]


def score_lines(nlp: Language, lines: Iterable[bytes], config: Config) -> Iterator[Scored]:
    """Score transcripts line by line in this process.

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


def score_lines_in_parallel(lines: Iterable[bytes], processes: int = 0) -> Iterator[Scored]:
    """Score transcripts with several processes; the results come in the order of the lines.

    The processes are forked before this returns, with the model that this process has loaded. Call it before anything
    starts a thread: a lock that a thread holds just then would stay locked in the processes.

    Args:
        lines: JSON lines in the score format; read only as fast as they are scored.
        processes: how many; 0 means one for each core.

    Returns:
        What `score_lines` yields.
    """
    count = processes or len(os.sched_getaffinity(0))
    wanted = (line for line in lines if line.strip())
    first = list(islice(wanted, _CHUNK))
    if count == 1 or len(first) < _CHUNK:
        nlp, config = _loaded()
        return score_lines(nlp, chain(first, wanted), config)
    _loaded()
    pool = ProcessPoolExecutor(count, mp_context=get_context("fork"))
    return _collected(pool, deque([pool.submit(_score_chunk, first)]), wanted, count * _AHEAD)


def _collected(pool: ProcessPoolExecutor, running: deque[Future[list[Scored]]], lines: Iterator[bytes], ahead: int) -> Iterator[Scored]:
    """Yield the results of a pool's chunks in their order, and hand it more lines while there are any."""
    with pool:
        while running:
            while len(running) < ahead and (chunk := list(islice(lines, _CHUNK))):
                running.append(pool.submit(_score_chunk, chunk))
            yield from running.popleft().result()


@lru_cache(maxsize=1)
def _loaded() -> tuple[Language, Config]:
    config = load_config()
    return pipeline_for(config.models, data_root(), config), config


def _score_chunk(lines: Sequence[bytes]) -> list[Scored]:
    nlp, config = _loaded()
    return list(score_lines(nlp, lines, config))


def _score_line(nlp: Language, line: bytes, config: Config) -> Scored:
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
