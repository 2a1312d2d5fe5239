"""The must-dos: what a team lead can demand of every conversation of an assessment.

Names, explanations and settings lie in data/assessment/musts.yml, the checks in `bot.assessment.checks`. A check rests on what
the events of the conversation already hold; no text is read a second time.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from bot.assessment.checks import CHECKS
from bot.assessment.look import Finding, Look
from bot.content.files import load_yaml
from bot.content.schema import Must, MustLibrary, Persona, Scenario
from bot.conversation import Conversation
from bot.errors import NotFoundError

NO_REPLY = Finding(None, "Es gibt keine Antwort.")


@lru_cache(maxsize=4)
def must_library(data: Path) -> MustLibrary:
    """Return the must-dos of a data folder, loaded once per process.

    Raises:
        ContentError: naming file, line and field of the first thing that is wrong.
    """
    return load_yaml(data / "assessment" / "musts.yml", MustLibrary)


def find(must: Must, conversation: Conversation, scenario: Scenario, persona: Persona) -> Finding:
    """Check one must-do. A pure function.

    Args:
        must: what to check.
        conversation: finished; one that goes on is judged by what there is.
        scenario, persona: of the conversation.

    Returns:
        Held (True, False, or None where the conversation gave no occasion), with evidence and a German remark.
    """
    look = Look(conversation, scenario, _names(persona), must.numbers, must.patterns)
    return CHECKS[must.id](look) if look.replies else NO_REPLY


def _names(persona: Persona) -> tuple[str, ...]:
    first, surname = persona.name.split()[0], persona.name.split()[-1]
    return (surname, first) if persona.address == "du" else (surname,)


def chosen(library: MustLibrary, ids: Sequence[str]) -> list[Must]:
    """Return must-dos by id, in the order given.

    Raises:
        NotFoundError: naming the id and those that exist.
    """
    known = {must.id: must for must in library.musts}
    for name in ids:
        if name not in known:
            raise NotFoundError(f"Das Muss-Kriterium „{name}“ gibt es nicht.", f"Vorhanden: {', '.join(known)}.")
    return [known[name] for name in ids]
