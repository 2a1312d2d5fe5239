"""The terminal face: a conversation in the shell, with the same host as the web."""

import json
import re
import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from bot.config import Config, data_root
from bot.content import library
from bot.conversation import Conversation, Exchange
from bot.desk import TOOLS
from bot.errors import WarteschleifeError
from bot.evaluation import DEED_NAMES
from bot.session import Host, Store, make_runner
from bot.session.memory import MemoryStore

_MOODS = {"anger": "Ärger", "trust": "Vertrauen", "heard": "gehört", "patience": "Geduld"}
_COMMAND = re.compile(r"^/(\w+)\s*(.*)$", re.DOTALL)
_HELP = """[bold]/ende[/]        Gespräch beenden und auswerten
[bold]/werkzeuge[/]   Werkzeuge des Arbeitsplatzes zeigen
[bold]/<werkzeug> …[/]  Werkzeug benutzen, z. B. /record 4071833 oder /ticket_note {"ticket": "118", "text": "…"}
[bold]/hilfe[/]       diese Liste
Alles andere sagen Sie dem Menschen am anderen Ende. Unterbrechen mit Strg+D; --resume setzt fort."""


class Terminal:
    """Runs one conversation in the terminal.

    Args:
        config: settings.
        feedback: whether to show the coach's words after each reply.
    """

    def __init__(self, config: Config, *, feedback: bool) -> None:
        self.config = config
        self.feedback = feedback
        self.console = Console(highlight=False)
        self.library = library(data_root())

    async def practise(
        self, scenario: str | None, persona: str, seed: int | None, resume: str, *, keep: bool = True, clock: bool = False
    ) -> None:
        """Play until the conversation ends or the trainee stops.

        Args:
            scenario, persona, seed: what to play; chosen or drawn where not given.
            resume: id of a conversation to go on with.
            keep: whether the conversation is stored.
            clock: whether waiting counts by the clock.

        Raises:
            WarteschleifeError: when it cannot begin.
        """
        store = Store(self.config.database_url, self.config.storage.durability) if keep else MemoryStore()
        runner = make_runner(self.config.action_endpoint)
        try:
            await store.migrate()
            host = Host(store, runner, self.config.limits.conversation_replies)
            if resume:
                conversation_id, conversation = resume, await host.conversation(resume)
            else:
                conversation_id, conversation = await host.start(scenario or self._choose(), persona, "", seed, clock=clock)
            self._introduce(conversation_id, conversation)
            await self._talk(host, conversation_id, conversation)
        finally:
            await runner.close()
            await store.close()

    def _choose(self) -> str:
        ordered = sorted(self.library.scenarios.values(), key=lambda s: (s.difficulty, s.id))
        table = Table("Nr.", "Szenario", "Kanal", "Schwierigkeit", box=None)
        for number, s in enumerate(ordered, start=1):
            table.add_row(str(number), escape(s.title), s.channel, "●" * s.difficulty)
        self.console.print(table)
        while True:
            said = self._ask("Welche Nummer? ")
            if said is None:
                raise WarteschleifeError("Kein Szenario gewählt.", "Mit --scenario lässt es sich angeben.")
            if said.strip().isdigit() and 1 <= int(said) <= len(ordered):
                return ordered[int(said) - 1].id
            if said.strip() in self.library.scenarios:
                return said.strip()
            self.console.print(f"Bitte eine Zahl von 1 bis {len(ordered)}.")

    def _introduce(self, conversation_id: str, conversation: Conversation) -> None:
        scenario = self.library.scenario(conversation.session["scenario"])
        self.console.print(
            Panel(
                escape("\n".join([scenario.briefing, *(f"– Sie dürfen: {item}" for item in scenario.policy.may)])),
                title=escape(scenario.title),
                subtitle=f"{conversation_id} · Startwert {conversation.session['seed']} · /hilfe",
            )
        )
        for exchange in conversation.exchanges:
            if exchange.turn:
                self.console.print(f"[bold]Sie:[/] {escape(exchange.reply)}")
            self._show(conversation, exchange)

    async def _talk(self, host: Host, conversation_id: str, conversation: Conversation) -> None:
        while not conversation.outcome:
            text = self._ask("Sie: ")
            if text is None:
                self.console.print(f"\nDas Gespräch bleibt gespeichert. Weiter mit: warteschleife practise --resume {conversation_id}")
                return
            if not text.strip():
                continue
            try:
                command = _COMMAND.match(text.strip())
                if command and command[1] in {"ende", "finish"}:
                    break
                if command:
                    await self._command(host, conversation_id, command[1], command[2])
                    continue
                conversation, exchange = await host.reply(conversation_id, text)
            except WarteschleifeError as error:
                self.console.print(f"[bold red]{escape(error.message)}[/] {escape(error.remedy)}")
                continue
            self._show(conversation, exchange)
            if self.feedback:
                self._coach(exchange)
        finished = await host.finish(conversation_id)
        self._sum_up(finished.scorecard or {})

    def _ask(self, prompt: str) -> str | None:
        try:
            if sys.stdin.isatty():
                return self.console.input(f"[bold]{prompt}[/]")
            line = sys.stdin.readline()
            return line.rstrip("\n") if line else None
        except EOFError:
            return None

    async def _command(self, host: Host, conversation_id: str, name: str, rest: str) -> None:
        if name in {"hilfe", "help"}:
            self.console.print(_HELP)
        elif name == "werkzeuge":
            for tool, about in TOOLS.items():
                self.console.print(f"/{tool}  {about.title}: {', '.join(about.arguments) or 'ohne Angaben'}")
        else:
            tool = name.removeprefix("desk_")
            result = await host.desk(conversation_id, tool, _arguments(tool, rest))
            shown = result["fault"]["message"] if "fault" in result else json.dumps(result["result"], ensure_ascii=False, indent=1)
            self.console.print(Panel(escape(shown), title=tool, border_style="red" if "fault" in result else "cyan"))

    def _show(self, conversation: Conversation, exchange: Exchange) -> None:
        persona = self.library.persona(conversation.session["persona"])
        self.console.print(f"[bold cyan]{escape(persona.name)}:[/] {escape(exchange.customer)}")
        mood = "  ".join(f"{label} {round(100 * exchange.mood[name])}" for name, label in _MOODS.items())
        self.console.print(f"[dim]{mood}[/]")

    def _coach(self, exchange: Exchange) -> None:
        rating: Mapping[str, Any] = exchange.rating or {}
        self.console.print(f"[dim]Empathie {rating['empathy']} · Lösung {rating['resolution']} · {escape(rating['feedback'])}[/]")
        if rating["better"]:
            self.console.print(f"[dim]Besser: {escape(rating['better'])}[/]")

    def _sum_up(self, card: Mapping[str, Any]) -> None:
        lines = [escape(card["headline"]), f"Empathie {card['empathy']} · Lösung {card['resolution']} · Ausgang: {card['outcome']}"]
        for title, key in (("Stärken", "strengths"), ("Nächste Schritte", "next_steps")):
            lines += [f"[bold]{title}[/]"] + [f"- {escape(s['text'])} (Antwort {s['turn']})" for s in card[key]]
        done = [f"- {escape(deed['text'])}: {DEED_NAMES[deed['kind']]}" for deed in card.get("deeds", [])]
        lines += ["[bold]Gesagt und getan[/]", *done] if done else []
        self.console.print(Panel("\n".join(lines), title="Auswertung"))


def _arguments(tool: str, rest: str) -> dict[str, Any]:
    """Return the arguments of a slash command: JSON, or one plain text for the first argument."""
    rest = rest.strip()
    if rest.startswith("{"):
        try:
            return dict(json.loads(rest))
        except (json.JSONDecodeError, TypeError, ValueError) as error:
            raise WarteschleifeError(
                "Die Angaben sind kein gültiges JSON.", 'Beispiel: /ticket_note {"ticket": "118", "text": "…"}'
            ) from error
    known = TOOLS.get(tool)
    if not rest or known is None or not known.arguments:
        return {}
    return {next(iter(known.arguments)): rest}
