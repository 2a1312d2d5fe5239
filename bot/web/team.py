"""The team view of a lead: skills, progress, open assessments, cases; every number with its count and uncertainty, no ranking."""

import time
from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Depends, Request, Response

from bot.acts import SKILLS
from bot.config import TeamSettings
from bot.session import Mean, Team
from bot.web.access import TheAccounts, lead
from bot.web.api import TheConfig, TheLibrary
from bot.web.assess import TheAssessments, state_of
from bot.web.charts import skills_over_months
from bot.web.render import render

router = APIRouter(include_in_schema=False, dependencies=[Depends(lead)])


def team_of(request: Request) -> Team:
    """Return the statistics of this application."""
    found: Team = request.app.state.team
    return found


def verdict(mean: Mean, settings: TeamSettings) -> str:
    """Return what the mean points of a case say of it: too_few, too_easy, too_hard or fitting."""
    if mean.count < settings.enough:
        return "too_few"
    return "too_easy" if mean.value >= settings.too_easy else "too_hard" if mean.value <= settings.too_hard else "fitting"


@router.get("/team")
async def show(request: Request, content: TheLibrary, people: TheAccounts, config: TheConfig, stored: TheAssessments) -> Response:
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
    rows = [(s, mean, verdict(mean, config.assessment.team)) for name, mean in cases.items() if (s := content.scenarios.get(name))]
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
