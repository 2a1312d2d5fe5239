"""Plots as SVG, rendered on the server."""

from collections.abc import Mapping, Sequence

import pygal
from pygal.style import Style

from bot.conversation import Conversation
from bot.web import words
from bot.web.i18n import N_, gettext

MOODS = {"anger": N_("Ärger"), "trust": N_("Vertrauen"), "heard": N_("fühlt sich gehört"), "patience": N_("Geduld")}
"""What the moods are called on the pages."""

_COLOURS = ("#b3261e", "#1f6f8b", "#2e7d4f", "#8a6100")
_DASHES = ("0", "8,4", "2,4", "10,3,2,3")


def _style(ink: str, faint: str) -> Style:
    return Style(
        background="transparent",
        plot_background="transparent",
        foreground=ink,
        foreground_strong=ink,
        foreground_subtle=faint,
        colors=_COLOURS,
        font_family="system-ui, sans-serif",
        label_font_size=14,
        major_label_font_size=14,
        legend_font_size=15,
        title_font_size=16,
        stroke_width=3,
    )


def mood_curve(conversation: Conversation, *, dark: bool = False) -> bytes:
    """Return the mood over the turns as an SVG picture without scripts.

    Args:
        conversation: with at least the opening.
        dark: colours for a dark page.
    """
    ink, faint = _inks(dark=dark)
    chart = pygal.Line(
        style=_style(ink, faint), width=860, height=340, range=(0, 1), y_labels=[0, 0.25, 0.5, 0.75, 1.0],
        legend_at_bottom=True, legend_at_bottom_columns=4, dots_size=4, js=[], show_minor_x_labels=True,
        x_title=gettext("Antwort"), margin=12,
    )  # fmt: skip
    chart.x_labels = [str(e.turn) for e in conversation.exchanges]
    for (name, label), dash in zip(MOODS.items(), _DASHES, strict=True):
        values: Sequence[float | None] = [e.mood.get(name) for e in conversation.exchanges]
        chart.add(gettext(label), values, stroke_style={"width": 3, "dasharray": dash})
    svg: bytes = chart.render(is_unicode=False)
    return svg


def overview_of_skills(rows: Sequence[tuple[str, tuple[float, float, float]]], *, dark: bool = False) -> bytes:
    """Return how likely each skill succeeds with an upset customer, with its uncertainty, as an SVG picture.

    Args:
        rows: (skill, (lower end, middle, upper end)), each 0..1.
        dark: colours for a dark page.
    """
    ink, faint = _inks(dark=dark)
    chart = pygal.Bar(
        style=_style(ink, faint), width=860, height=380, range=(0, 100), y_labels=[0, 25, 50, 75, 100], show_legend=False, js=[],
        margin=12, x_label_rotation=25, y_title=gettext("Erwarteter Erfolg in %"),
    )  # fmt: skip
    chart.x_labels = [gettext(words.SKILLS[skill]) for skill, _ in rows]
    values = [
        {"value": round(100 * middle), "ci": {"low": round(100 * low), "high": round(100 * high)}, "color": _COLOURS[1]}
        for _, (low, middle, high) in rows
    ]
    chart.add(gettext("Erwarteter Erfolg in %"), values)
    svg: bytes = chart.render(is_unicode=False)
    return svg


_SHOWN = 40
"""Conversations shown in the course of a skill: the latest."""


def course_of_skill(points: Sequence[float], mark: float, *, dark: bool = False) -> bytes:
    """Return the points of a skill over the conversations, with the mark that shows it, as an SVG picture.

    Args:
        points: 0..100, oldest first; the latest are shown.
        mark: points from which the skill counts as shown.
        dark: colours for a dark page.
    """
    ink, faint = _inks(dark=dark)
    chart = pygal.Line(
        style=_style(ink, faint), width=860, height=320, range=(0, 100), y_labels=[0, 25, 50, 75, 100], legend_at_bottom=True,
        legend_at_bottom_columns=3, dots_size=4, js=[], x_title=gettext("Gespräch"), margin=12, x_labels_major_every=5,
        show_minor_x_labels=False,
    )  # fmt: skip
    first = max(0, len(points) - _SHOWN)
    latest = points[first:]
    chart.x_labels = [str(first + i + 1) for i in range(len(latest))]
    running = [sum(points[max(0, i - 4) : i + 1]) / len(points[max(0, i - 4) : i + 1]) for i in range(first, len(points))]
    chart.add(gettext("Punkte"), [round(p) for p in latest], stroke=False)
    chart.add(gettext("Mittel der letzten fünf"), [round(p, 1) for p in running], show_dots=False)
    chart.add(gettext("gezeigt ab"), [mark] * len(latest), show_dots=False, stroke_style={"width": 2, "dasharray": "6,5"})
    svg: bytes = chart.render(is_unicode=False)
    return svg


def _inks(*, dark: bool) -> tuple[str, str]:
    return ("#e8eaed", "#5f6368") if dark else ("#1f2328", "#c7ccd1")


def skills_over_months(course: tuple[Sequence[str], Mapping[str, Sequence[float | None]]], *, dark: bool = False) -> bytes:
    """Return the mean points of a team by skill and month as an SVG picture.

    Args:
        course: (months such as `2026-12`; skill -> points of each month, None where there were none).
        dark: colours for a dark page.
    """
    ink, faint = _inks(dark=dark)
    months, skills = course
    chart = pygal.Line(
        style=_style(ink, faint), width=860, height=480, range=(0, 100), y_labels=[0, 25, 50, 75, 100], legend_at_bottom=True,
        legend_at_bottom_columns=3, dots_size=4, js=[], margin=12, margin_bottom=90, x_label_rotation=25,
    )  # fmt: skip
    chart.x_labels = list(months)
    chart.no_data_text = gettext("Noch keine Daten")
    if not skills:
        chart.add("", [None])  # without a series nothing is drawn
    for number, (skill, values) in enumerate(skills.items()):
        dash = _DASHES[number % len(_DASHES)]
        chart.add(gettext(words.SKILLS[skill]), values, stroke_style={"width": 3, "dasharray": dash})
    svg: bytes = chart.render(is_unicode=False)
    return svg
