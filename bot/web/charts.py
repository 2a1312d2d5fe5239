"""Plots as SVG, rendered on the server."""

from collections.abc import Sequence

import pygal
from pygal.style import Style

from bot.conversation import Conversation

MOODS = {"anger": "Ärger", "trust": "Vertrauen", "heard": "fühlt sich gehört", "patience": "Geduld"}
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
    ink, faint = ("#e8eaed", "#5f6368") if dark else ("#1f2328", "#c7ccd1")
    chart = pygal.Line(
        style=_style(ink, faint), width=860, height=340, range=(0, 1), y_labels=[0, 0.25, 0.5, 0.75, 1.0],
        legend_at_bottom=True, legend_at_bottom_columns=4, dots_size=4, js=[], show_minor_x_labels=True, x_title="Antwort", margin=12,
    )  # fmt: skip
    chart.x_labels = [str(e.turn) for e in conversation.exchanges]
    for (name, label), dash in zip(MOODS.items(), _DASHES, strict=True):
        values: Sequence[float | None] = [e.mood.get(name) for e in conversation.exchanges]
        chart.add(label, values, stroke_style={"width": 3, "dasharray": dash})
    svg: bytes = chart.render(is_unicode=False)
    return svg
