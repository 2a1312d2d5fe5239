"""The pages around a conversation: start, learning path, choice, history, progress."""

import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from bot import errors
from bot.acts import SKILLS
from bot.config import LearningSettings
from bot.content import Library
from bot.content.schema import STAGES, PathLevel
from bot.learning import Estimate, Result, due_skills, estimates, expected_success, path_states, recommend
from bot.session import Header
from bot.web import words
from bot.web.access import TheAccounts, ThePerson, lead, public, trainee
from bot.web.api import TheConfig, TheHost, TheLibrary, scenario_card
from bot.web.charts import course_of_skill, overview_of_skills
from bot.web.i18n import COOKIE, LANGUAGES
from bot.web.render import render

router = APIRouter(include_in_schema=False, dependencies=[Depends(trainee)])
leads = APIRouter(include_in_schema=False, dependencies=[Depends(lead)])
outside = APIRouter(include_in_schema=False, dependencies=[Depends(public)])

LENGTHS = {"short": (0, 10), "middle": (11, 14), "long": (15, 60)}
"""Lengths to filter by: minutes from, to."""
AGREEMENT = {"replies": 120, "empathy": 0.91, "resolution": 0.90}
"""Quadratic weighted kappa with the raters of the validation set, as docs/evaluation.md has it; a test keeps both in step."""
_PAGE = 25
_KNOWN_DIFFICULTY = 2
"""Difficulty that the progress page speaks of."""


async def results_of(request: Request, owner: str) -> list[Result]:
    """Return all skills that a person's finished practice has shown, oldest first."""
    content: Library = request.app.state.library
    return [
        Result(
            row["skill"], row["points"], row["scenario"], content.scenarios[row["scenario"]].difficulty,
            row["finished_at"], row["conversation"], row["examples"],
        )
        for row in await request.app.state.host.store.shown(owner)
        if row["scenario"] in content.scenarios and row["skill"] in SKILLS
    ]  # fmt: skip


def estimator(settings: LearningSettings) -> Callable[[tuple[Result, ...]], Mapping[str, Estimate]]:
    """Return a function that estimates skills and remembers the latest histories it was asked about."""

    @lru_cache(maxsize=64)
    def known(results: tuple[Result, ...]) -> Mapping[str, Estimate]:
        return estimates(results, settings)

    return known


async def known_of(request: Request, owner: str) -> tuple[list[Result], Mapping[str, Estimate]]:
    """Return what a person has shown, and what is known of their skills from it."""
    results = await results_of(request, owner)
    return results, request.app.state.estimator(tuple(results))


@router.get("/")
async def home(
    request: Request, content: TheLibrary, conversations: TheHost, people: TheAccounts, config: TheConfig, person: ThePerson
) -> HTMLResponse:
    """Say what to do next: go on, the next level, what is recommended."""
    results, known = await known_of(request, person.id)
    recent = [h for h in await conversations.store.headers(person.id, 30, mode="practice") if _is_known(h, content)]
    states = path_states(content.levels, results, await people.checked(person.id), config.learning.most_examples)
    now = time.time()
    return render(
        request,
        "home.html",
        running=[h for h in recent if not h.outcome][:3],
        recent=[h for h in recent if h.outcome][:5],
        library=content,
        states=states,
        upcoming=next((s for s in states if not s.mastered), None),
        due=due_skills(known, now),
        recommended=recommend(content.scenarios.values(), known, [h.scenario for h in recent], now, config.learning),
        is_new=not recent,
    )


def _is_known(header: Header, content: Library) -> bool:
    return header.scenario in content.scenarios and header.persona in content.personas


@router.get("/scenarios")
async def scenarios(
    request: Request, content: TheLibrary, skill: str = "", channel: str = "", difficulty: str = "", length: str = ""
) -> HTMLResponse:
    """Let the trainee choose a scenario."""
    ordered = sorted(content.scenarios.values(), key=lambda s: (s.difficulty, s.title))
    shortest, longest = LENGTHS.get(length, (0, 60))
    shown = [
        s
        for s in ordered
        if (not skill or skill in s.skills)
        and channel in ("", s.channel)
        and difficulty in ("", str(s.difficulty))
        and shortest <= s.minutes <= longest
    ]
    return render(
        request,
        "scenarios.html",
        cards=[scenario_card(content, s.id) for s in shown],
        chosen={"skill": skill, "channel": channel, "difficulty": difficulty, "length": length},
        skills=[k for k in SKILLS if any(k in s.skills for s in ordered)],
        channels=[c for c in words.CHANNELS if any(s.channel == c for s in ordered)],
        difficulties=sorted({s.difficulty for s in ordered}),
        lengths=LENGTHS,
    )


# --- learning path ---------------------------------------------------------------------------------------------------


@router.get("/path")
async def path(request: Request, content: TheLibrary, people: TheAccounts, config: TheConfig, person: ThePerson) -> HTMLResponse:
    """Show the learning path."""
    results = await results_of(request, person.id)
    states = path_states(content.levels, results, await people.checked(person.id), config.learning.most_examples)
    return render(request, "path.html", stages=[(stage, [s for s in states if s.level.stage == stage]) for stage in STAGES])


async def _level_page(
    request: Request, level: PathLevel, people: TheAccounts, config: TheConfig, person: ThePerson, answers: Mapping[str, str] | None = None
) -> HTMLResponse:
    content: Library = request.app.state.library
    results = await results_of(request, person.id)
    states = path_states(content.levels, results, await people.checked(person.id), config.learning.most_examples)
    index = next(i for i, s in enumerate(states) if s.level.id == level.id)
    given = {i: _number(answers.get(f"question-{i}", "")) for i in range(len(level.check))} if answers is not None else {}
    right = [i for i, question in enumerate(level.check) if (g := given.get(i)) is not None and question.options[g].right]
    return render(
        request,
        "level.html",
        level=level,
        state=states[index],
        before=states[index - 1] if index else None,
        after=states[index + 1] if index + 1 < len(states) else None,
        cards=[scenario_card(content, s) for s in level.conversations],
        given=given,
        right=len(right),
        tried=answers is not None,
        most_examples=config.learning.most_examples,
    )


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() and int(text) < 4 else None


@router.get("/path/{level}")
async def show_level(
    request: Request, level: str, content: TheLibrary, people: TheAccounts, config: TheConfig, person: ThePerson
) -> HTMLResponse:
    """Show a level: lesson, questions, conversations. Any lesson may be read; what counts is unlocked level by level."""
    return await _level_page(request, content.level(level), people, config, person)


@router.post("/path/{level}/check")
async def check_level(
    request: Request, level: str, content: TheLibrary, people: TheAccounts, config: TheConfig, person: ThePerson
) -> HTMLResponse:
    """Look at the answers to a level's questions, and say why each is right or not."""
    chosen = content.level(level)
    answers = {name: str(value) for name, value in (await request.form()).items()}
    numbers = [_number(answers.get(f"question-{i}", "")) for i in range(len(chosen.check))]
    options = [
        question.options[n] if n is not None and n < len(question.options) else None
        for question, n in zip(chosen.check, numbers, strict=True)
    ]
    if all(option is not None and option.right for option in options):
        await people.pass_check(person.id, chosen.id)
    valid = {name: value for name, value in answers.items() if (n := _number(value)) is not None and _has_option(chosen, name, n)}
    return await _level_page(request, chosen, people, config, person, valid)


def _has_option(level: PathLevel, name: str, number: int) -> bool:
    index = name.removeprefix("question-")
    return index.isdigit() and int(index) < len(level.check) and number < len(level.check[int(index)].options)


# --- history and progress ---------------------------------------------------------------------------------------------


@router.get("/history")
async def history(
    request: Request, content: TheLibrary, conversations: TheHost, person: ThePerson, page: Annotated[int, Query(ge=1, le=10000)] = 1
) -> HTMLResponse:
    """List a person's conversations, the latest first."""
    count = await conversations.store.count(person.id, "practice")
    found = await conversations.store.headers(person.id, _PAGE, (page - 1) * _PAGE, mode="practice")
    return render(
        request, "history.html", found=found, library=content, page=page, pages=max(1, -(-count // _PAGE)), count=count,
    )  # fmt: skip


@router.get("/compare")
async def choose_comparison(pick: Annotated[list[str] | None, Query()] = None) -> Response:
    """Go to the comparison of the two conversations that were ticked."""
    chosen = list(dict.fromkeys(pick or ()))
    if len(chosen) != 2:
        raise errors.InvalidInputError(
            f"Zum Vergleichen sind {len(chosen)} Gespräche angekreuzt.", "Genau zwei Versuche am selben Szenario ankreuzen."
        )
    return RedirectResponse(f"/compare/{chosen[0]}/{chosen[1]}", 303)


@router.get("/progress")
async def progress(request: Request, config: TheConfig, person: ThePerson) -> HTMLResponse:
    """Show what is known of every skill, and how surely."""
    _, known = await known_of(request, person.id)
    rows = [(skill, known.get(skill), chance_of(known.get(skill), config)) for skill in SKILLS]
    rows.sort(key=lambda row: (row[1] is None, -row[2][1]))
    return render(request, "progress.html", rows=rows, now=time.time(), difficulty=_KNOWN_DIFFICULTY, any_known=bool(known))


def chance_of(estimate: Estimate | None, config: TheConfig) -> tuple[float, float, float]:
    """Return how likely (0..1) a skill is shown with an upset customer: lower end, middle, upper end of an 80 % interval."""
    if estimate is None:
        return 0.0, expected_success(None, _KNOWN_DIFFICULTY, config.learning), 1.0
    ends = []
    for sign in (-1, 1):
        moved = Estimate(estimate.strength + sign * 1.2816 * estimate.sigma, 1e-6)
        ends.append(expected_success(moved, _KNOWN_DIFFICULTY, config.learning))
    return ends[0], expected_success(estimate, _KNOWN_DIFFICULTY, config.learning), ends[1]


@router.get("/progress/{skill}")
async def progress_of_skill(request: Request, skill: str, content: TheLibrary, config: TheConfig, person: ThePerson) -> HTMLResponse:
    """Show the course of one skill."""
    results, estimate = await _skill(request, skill, person)
    return render(
        request,
        "skill.html",
        skill=skill,
        estimate=estimate,
        chance=chance_of(estimate, config),
        difficulty=_KNOWN_DIFFICULTY,
        latest=results[::-1][:20],
        count=len(results),
        library=content,
        settings=config.learning,
        measures=config.learning.skills[skill],
        now=time.time(),
    )


async def _skill(request: Request, skill: str, person: ThePerson) -> tuple[list[Result], Estimate | None]:
    if skill not in SKILLS:
        raise errors.NotFoundError(f"Die Fertigkeit „{skill}“ gibt es nicht.", "Alle stehen unter „Fortschritt“.")
    results, known = await known_of(request, person.id)
    return [result for result in results if result.skill == skill], known.get(skill)


_PICTURE = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'", "cache-control": "private, max-age=60"}


@router.get("/pictures/skills-{theme}.svg")
async def skills_picture(request: Request, theme: str, config: TheConfig, person: ThePerson) -> Response:
    """Return all skills with their uncertainty as a picture."""
    _, known = await known_of(request, person.id)
    rows = [(skill, chance_of(known[skill], config)) for skill in SKILLS if skill in known]
    rows.sort(key=lambda row: row[1][1])
    return Response(overview_of_skills(rows, dark=theme == "dark"), media_type="image/svg+xml", headers=_PICTURE)


@router.get("/pictures/skill-{skill}-{theme}.svg")
async def skill_picture(request: Request, skill: str, theme: str, config: TheConfig, person: ThePerson) -> Response:
    """Return the course of one skill as a picture."""
    results, _ = await _skill(request, skill, person)
    points = [result.points for result in results]
    return Response(
        course_of_skill(points, config.learning.pass_points, dark=theme == "dark"), media_type="image/svg+xml", headers=_PICTURE
    )


# --- for team leads, and for everybody -------------------------------------------------------------------------------


@leads.get("/shared")
async def shared(request: Request, content: TheLibrary, conversations: TheHost, people: TheAccounts) -> HTMLResponse:
    """List the conversations that trainees have shown."""
    names = {person.id: person.name for person in await people.people()}
    found = [h for h in await conversations.store.shared_headers(200) if _is_known(h, content)]
    return render(request, "shared.html", found=found, names=names, library=content)


@outside.get("/about")
async def about(request: Request, config: TheConfig) -> HTMLResponse:
    """Say in plain German how scores come about, what they cannot tell, and what is stored."""
    return render(request, "about.html", config=config)


@outside.get("/privacy")
async def privacy(request: Request, config: TheConfig) -> HTMLResponse:
    """Say what is stored, how long, and who sees it, and what the law asks of those who run this."""
    return render(request, "privacy.html", config=config, agreement=AGREEMENT)


@outside.post("/language")
async def choose_language(language: Annotated[str, Form()] = "de", next: Annotated[str, Form()] = "/") -> Response:
    """Show the pages in another language."""
    response = RedirectResponse(local(next), 303)
    response.set_cookie(COOKIE, language if language in LANGUAGES else "de", max_age=365 * 86400, samesite="lax", httponly=True)
    return response


def local(place: str) -> str:
    """Return a place to go to if it is one of this server; the start page otherwise."""
    is_here = place.startswith("/") and not place.startswith(("//", "/\\")) and all(c > " " for c in place)
    return place if is_here else "/"
