"""The team view of a lead: skills, progress, open assessments, cases; every number with its count and uncertainty, no ranking."""

import time
from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Depends, Request, Response

from bot.acts import SKILLS
from bot.session import Mean, Team
from bot.web.access import TheAccounts, lead
from bot.web.api import TheLibrary
from bot.web.assess import TheAssessments, state_of
from bot.web.charts import skills_over_months
from bot.web.render import render

router = APIRouter(include_in_schema=False, dependencies=[Depends(lead)])
_TOO_EASY, _TOO_HARD = 85, 40
"""Mean points from which, and up to which, a case tells little."""
_ENOUGH = 5
"""Skills seen in a case below which nothing is said about it."""


def team_of(request: Request) -> Team:
    """Return the statistics of this application."""
    found: Team = request.app.state.team
    return found


def verdict(mean: Mean) -> str:
    """Return what the mean points of a case say of it: too_few, too_easy, too_hard or fitting."""
    if mean.count < _ENOUGH:
        return "too_few"
    return "too_easy" if mean.value >= _TOO_EASY else "too_hard" if mean.value <= _TOO_HARD else "fitting"


@router.get("/team")
async def show(request: Request, content: TheLibrary, people: TheAccounts, stored: TheAssessments) -> Response:
    """Show the team, by name."""
    team = team_of(request)
    cells = await team.skills_by_person()
    cases = await team.scenarios()
    everybody = [p for p in await people.people() if p.active]
    given = await stored.assignments()
    tries = {t.assignment_id: t for t in await stored.attempts([a.id for a in given])}
    now = time.time()
    waiting = [(a, state_of(tries[a.id], now) if a.id in tries else "open") for a in given]
    titles = {f.id: f.data["title"] for f in await stored.forms(archived=True)}
    rows = [(s, mean, verdict(mean)) for name, mean in cases.items() if (s := content.scenarios.get(name))]
    return render(
        request,
        "team.html",
        everybody=everybody,
        skills=[skill for skill in SKILLS if any(skill == known for _, known in cells)],
        cells=cells,
        waiting=[(a, state) for a, state in waiting if state in {"open", "running", "overdue", "finished", "objected"}],
        names={p.id: p.name for p in everybody},
        titles=titles,
        cases=sorted(rows, key=lambda row: row[0].title),
        now=now,
    )


@router.get("/team/skills-{theme}.svg")
async def picture(request: Request, theme: str) -> Response:
    """Return the team's skills over the months as a picture."""
    found = await team_of(request).skills_by_month()
    headers = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'", "cache-control": "private, max-age=60"}
    return Response(skills_over_months(courses(found), dark=theme == "dark"), media_type="image/svg+xml", headers=headers)


def courses(found: Mapping[tuple[str, str], Mean]) -> tuple[Sequence[str], Mapping[str, Sequence[float | None]]]:
    """Return (months, skill -> mean of each month or None) from (skill, month) -> mean."""
    months = sorted({month for _, month in found})
    return months, {
        skill: [found[skill, month].value if (skill, month) in found else None for month in months]
        for skill in SKILLS
        if any(skill == known for known, _ in found)
    }
