"""The command line: `warteschleife practise | serve | score | train | validate`.

Heavy imports wait until a command needs them, so that `--help` answers at once.
"""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.errors import InvalidInputError, NotFoundError, StorageError, WarteschleifeError

if TYPE_CHECKING:
    from rich.console import Console

    from bot.config import Config
    from bot.evaluation.agreement import Agreement
    from bot.session import Outdated

app = typer.Typer(
    name="warteschleife",
    help="Üben mit verärgerten Kundinnen und Kunden: offline, nachvollziehbar, wiederholbar.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line; a known error becomes one clear message and exit code 1."""
    try:
        app()
    except WarteschleifeError as error:
        _errors().print(f"[bold red]{_plain(error.message)}[/] {_plain(error.remedy)}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)


def _errors() -> "Console":
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def ensure_model(config: "Config", *, force: bool = False) -> Path:
    """Return the model folder for this data and config; train with a progress bar where there is none.

    Raises:
        ContentError: for a wrong training file.
        StorageError: when the model cannot be stored.
    """
    from bot.config import data_root
    from bot.understanding.train import model_folder, train_and_save

    folder = model_folder(config.models, data_root(), config)
    if folder.is_dir() and not force:
        return folder
    with _progress("Das Sprachverständnis wird trainiert") as report:
        return train_and_save(config.models, data_root(), config, report)


class _progress:  # noqa: N801  (reads as a statement)
    """A progress bar on standard error, given as a function of the share done."""

    def __init__(self, title: str) -> None:
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

        self.bar = Progress(TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), console=_errors())
        self.task = self.bar.add_task(title, total=1.0)

    def __enter__(self) -> Callable[[float], None]:
        self.bar.start()
        return lambda share: self.bar.update(self.task, completed=share)

    def __exit__(self, *_: object) -> None:
        self.bar.stop()


@app.command()
def train(
    force: Annotated[bool, typer.Option("--force", help="Auch trainieren, wenn es für diese Daten schon ein Modell gibt.")] = False,
) -> None:
    """Trainiert das Sprachverständnis aus data/nlu und data/ratings."""
    from bot.config import load_config

    folder = ensure_model(load_config(), force=force)
    typer.echo(f"Modell: {folder}")


@app.command()
def validate(
    path: Annotated[Path | None, typer.Argument(help="Ordner mit Inhalten oder eine einzelne Datei; ohne Angabe data/.")] = None,
    casting: Annotated[bool, typer.Option("--casting", help="Auch zeigen, welche Personas noch einspringen könnten.")] = False,
) -> None:
    """Prüft Szenarien, Personas, Wortlaut und Trainingsdaten; nennt Datei, Zeile, Feld und Abhilfe."""
    from bot.config import data_root, load_config
    from bot.content.validate import validate as check

    if path is None:
        load_config()
    report = check(path or data_root())
    for problem in report.problems:
        typer.echo(str(problem))
    names = {
        "scenarios": "Szenarien",
        "personas": "Personas",
        "wording": "Sätze Wortlaut",
        "nlu": "Beispielsätze",
        "ratings": "bewertete Antworten",
        "levels": "Stufen",
        "musts": "Muss-Kriterien",
    }
    counts = ", ".join(f"{report.counts[kind]} {name}" for kind, name in names.items() if report.counts[kind])
    if report.problems:
        typer.echo(f"{len(report.problems)} Fehler. Geprüft: {counts or 'nichts'}.")
        raise typer.Exit(1)
    typer.echo(f"Alles in Ordnung: {counts}.")
    if casting:
        for scenario, casts in sorted(report.casts.items()):
            typer.echo(f"{scenario}: {', '.join(f'{persona} mit den Zeilen von {voice}' for persona, voice in casts) or 'niemand sonst'}")
    if report.split:
        parts = ", ".join(map(str, report.split))
        typer.echo(f"Nach Stimmen in {len(report.split)} Teile getrennt ({parts} Antworten); keine Antwort steht zweimal.")


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Adresse; ohne Angabe server.host aus config.yml.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port; ohne Angabe server.port aus config.yml, 0 sucht einen freien.")
    ] = None,
) -> None:
    """Startet den Server mit Übungsseite und REST-Schnittstelle."""
    from bot.config import data_root, load_config
    from bot.content import library

    config = load_config()
    address = host or config.server.host
    sock = _listen(address, config.server.port if port is None else port, solo=config.accounts.mode == "solo")
    library(data_root())
    ensure_model(config)
    import uvicorn

    from bot.web.app import create_app

    certificate, key = config.server.certificate or None, config.server.key or None
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(config), log_level="warning", access_log=False, server_header=False, ssl_certfile=certificate, ssl_keyfile=key
        )
    )
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104  (compared, not bound)
    shown = f"[{reachable}]" if ":" in reachable else reachable
    place = f"{'https' if config.server.certificate else 'http'}://{shown}:{sock.getsockname()[1]}"
    typer.echo(f"Warteschleife läuft: {place}  (beenden mit Strg+C)")
    if config.accounts.mode == "team":
        _invite_first_admin(config, place)
    server.run(sockets=[sock])


@app.command()
def retain(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Nur zeigen, was gelöscht würde.")] = False,
) -> None:
    """Löscht, was älter ist als die Fristen unter retention in config.yml; die Statistik bleibt, wie sie ist."""
    from bot.config import load_config
    from bot.session import Outdated, Retention, Store

    config = load_config()

    async def run() -> list[Outdated]:
        store = Store(config.database_url, config.storage.durability)
        try:
            await store.migrate()
            retention = Retention(store, config.retention)
            return await (retention.find() if dry_run else retention.delete())
        finally:
            await store.close()

    for went in asyncio.run(run()):
        typer.echo(_retained(went, dry_run=dry_run))


def _retained(went: "Outdated", *, dry_run: bool) -> str:
    from datetime import datetime

    def day(seconds: float | None) -> str:
        return datetime.fromtimestamp(seconds or 0.0).strftime("%d.%m.%Y")

    name, setting, since = {
        "practice": ("Übungsgespräche", "practice_days", "zuletzt benutzt"),
        "assessments": ("Prüfungen", "assessment_days", "zuletzt freigegeben, abgegeben oder fällig"),
    }[went.kind]
    if not went.days:
        return f"{name}: keine Frist (retention.{setting}: 0), nichts wird gelöscht."
    limit = f"{name}, {since} vor dem {day(went.before)} (retention.{setting}: {went.days})"
    if not went.count:
        return f"{limit}: nichts zu löschen."
    more = f" mit Versuchen: {went.attempts}, Gesprächen: {went.conversations}" if went.kind == "assessments" else ""
    verb = "würden gelöscht" if dry_run else "gelöscht"
    return f"{limit}: {went.count} {verb}{more}; vom {day(went.oldest)} bis {day(went.newest)}."


def _invite_first_admin(config: "Config", place: str) -> None:
    """Print the link with which the first admin makes their account, while there is none."""
    from bot.session import Accounts, Store

    async def link() -> str | None:
        store = Store(config.database_url, config.storage.durability)
        try:
            await store.migrate()
            return await Accounts(store, config.accounts).first_link()
        finally:
            await store.close()

    token = asyncio.run(link())
    if token:
        address = (config.accounts.public_url or place).rstrip("/")
        typer.echo("Noch gibt es kein Konto mit Verwaltung. Dieser Link legt es an (einmal, bis zum nächsten Start):")
        typer.echo(f"{address}/invite/{token}")


_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def _listen(address: str, port: int, *, solo: bool) -> Any:
    """Return a bound socket.

    Raises:
        StorageError: when the address is not loopback although there is no login, or the port is taken.
    """
    import socket

    if solo and address not in _LOOPBACK:
        raise StorageError(
            f"Ohne Anmeldung läuft Warteschleife nur auf diesem Gerät, nicht auf „{address}“.",
            "Entweder 127.0.0.1, ::1 oder localhost (server.host), oder Konten einrichten: accounts.mode: team.",
        )
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((address, port))
        sock.listen(128)  # from here on the port is really taken; who connects during training waits
    except OSError as error:
        sock.close()
        raise StorageError(
            f"Port {port} auf {address} ist nicht frei ({error.strerror}).",
            "Mit --port einen anderen wählen oder den laufenden Server beenden.",
        ) from error
    return sock


@app.command()
def score(
    source: Annotated[Path, typer.Argument(metavar="EIN.jsonl", help="Ein Gespräch je Zeile; - liest von der Standardeingabe.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Ausgabedatei; - schreibt auf die Standardausgabe.")] = Path("-"),
    processes: Annotated[int, typer.Option(min=0, help="Prozesse; 0 nimmt alle Kerne.")] = 0,
) -> None:
    """Bewertet fertige Gespräche: jede Antwort mit Empathie, Lösung, Akten und Belegen."""
    from time import perf_counter

    from bot.config import load_config
    from bot.evaluation.bulk import score_lines_in_parallel

    lines = _open_in(source)
    size = source.stat().st_size if source.is_file() else 0
    ensure_model(load_config())
    failed = total = replies = read = 0
    began = perf_counter()
    target = _open_out(out)

    def counted() -> Iterator[bytes]:
        nonlocal read
        for line in lines:
            read += len(line)
            yield line

    scored = score_lines_in_parallel(counted(), processes)  # forks, so before the progress bar starts its thread
    with target if target is not sys.stdout else nullcontext(), _progress("Gespräche werden bewertet") as report:
        for line, ok in scored:
            target.write(line + "\n")
            total += 1
            failed += not ok
            replies += line.count('"turn": ')
            report(read / size if size else 0.0)
    seconds = perf_counter() - began
    said = f"{total} Gespräche, {replies} Antworten, {replies / seconds:.0f} je Sekunde"
    _errors().print(f"{said}; {failed} Gespräche nicht lesbar." if failed else f"{said}.")
    if failed:
        raise typer.Exit(1)


def _open_in(path: Path) -> Any:
    if str(path) == "-":
        return sys.stdin.buffer
    try:
        return path.open("rb")
    except OSError as error:
        raise StorageError(f"„{path}“ lässt sich nicht lesen ({error.strerror}).", "Pfad und Rechte prüfen.") from error


def _open_out(path: Path) -> Any:
    if str(path) == "-":
        return sys.stdout
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise StorageError(f"„{path}“ lässt sich nicht schreiben ({error.strerror}).", "Pfad, Rechte und freien Platz prüfen.") from error


@app.command()
def agreement(
    source: Annotated[Path, typer.Argument(metavar="DATEI.jsonl", help="Bewertete Antworten: turns und ratings, eine je Zeile.")],
    draws: Annotated[int, typer.Option(min=10, help="Ziehungen für die 95-%-Bereiche.")] = 1000,
    as_json: Annotated[bool, typer.Option("--json", help="Als JSON ausgeben.")] = False,
) -> None:
    """Vergleicht das System mit menschlichen Bewertungen: Kappa, Spearman, Alpha, Verwechslungen, die schlechtesten Fälle."""
    import json
    from dataclasses import asdict

    from bot.config import data_root, load_config
    from bot.evaluation.agreement import agreement as measure
    from bot.evaluation.agreement import load_items
    from bot.understanding.train import pipeline_for

    config = load_config()
    ensure_model(config)
    nlp = pipeline_for(config.models, data_root(), config)
    with _progress("Antworten werden bewertet") as report:
        items = load_items(source, nlp, config, report)
    found = measure(items, draws=draws)
    if as_json:
        typer.echo(json.dumps(asdict(found), ensure_ascii=False))
        return
    _print_agreement(found)


@app.command()
def crossvalidate(
    parts: Annotated[int, typer.Option("--teile", min=2, help="Teile, in die die Stimmen getrennt werden.")] = 4,
    draws: Annotated[int, typer.Option(min=10, help="Ziehungen für die 95-%-Bereiche.")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="Als JSON ausgeben.")] = False,
) -> None:
    """Prüft, wie gut das System Stimmen beurteilt, von denen es nicht gelernt hat; je Stimme und je Art der Antwort."""
    import json
    from dataclasses import asdict

    from bot.config import data_root, load_config
    from bot.evaluation.agreement import agreement as measure
    from bot.evaluation.crossvalidation import by_group, cross_validate

    config = load_config()
    with _progress("Trainiert und bewertet in Teilen") as report:
        items = cross_validate(data_root(), config, parts, report)
    found, groups = measure(items, draws=draws), by_group(items)
    if as_json:
        typer.echo(json.dumps(asdict(found) | {"groups": [asdict(group) for group in groups]}, ensure_ascii=False))
        return
    _print_agreement(found)
    typer.echo("\nStimme oder #Art       Antworten   Kappa Empathie  Lösung   Abweichung Empathie  Lösung (Punkte)")
    for g in groups:
        typer.echo(
            f"{g.name:22} {g.replies:9}   {g.kappa['empathy']:14.2f}  {g.kappa['resolution']:6.2f}"
            f"   {g.bias['empathy']:+19.1f}  {g.bias['resolution']:+6.1f}"
        )


def _print_agreement(found: "Agreement") -> None:
    typer.echo(f"{found.items} Antworten\n")
    for m in found.measures:
        typer.echo(f"{m.name:44} {m.value:6.3f}   [{m.low:.3f}, {m.high:.3f}]")
    for score, table in found.confusion.items():
        typer.echo(f"\n{score}: Zeilen Bewertende (Median), Spalten System")
        for level, row in enumerate(table):
            typer.echo(f"  {level}  " + " ".join(f"{n:4}" for n in row))
    typer.echo("\nAm weitesten daneben:")
    for entry in found.worst:
        typer.echo(f"- {entry['id']} {entry['score']} {entry['off']:+.2f} (Bewertende {entry['raters']}): {entry['system']}")
        typer.echo(f"  {entry['text'][:160]}")


@app.command()
def simulate(
    scenarios: Annotated[list[str] | None, typer.Argument(metavar="SZENARIO", help="Kürzel oder YAML-Dateien; ohne Angabe alle.")] = None,
    trainee: Annotated[list[str] | None, typer.Option(help="Simulierter Trainee; mehrfach möglich, ohne Angabe alle.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Startwerte je Szenario, Persona und Trainee.")] = 2,
    processes: Annotated[int, typer.Option(min=0, help="Prozesse; 0 heißt einer je Kern.")] = 0,
    plot: Annotated[Path | None, typer.Option(help="Balkenbild als SVG in diese Datei schreiben.")] = None,
    replay: Annotated[bool, typer.Option(help="Alles ein zweites Mal spielen und vergleichen.")] = False,
) -> None:
    """Spielt gute und schlechte Trainees durch die Szenarien: Wer löst was, wer kommt womit durch?"""
    from bot.config import data_root, load_config
    from bot.content import library
    from bot.simulation import TRAINEES, play, summary
    from bot.simulation.measures import measures
    from bot.simulation.play import cases
    from bot.simulation.play import plot as draw

    ensure_model(load_config())
    files = [Path(name) for name in scenarios or () if name.endswith((".yml", ".yaml"))]
    for path in files:
        _try(path)
    content = library(data_root())
    for name in trainee or ():
        if name not in TRAINEES:
            raise NotFoundError(f"Den Trainee „{name}“ gibt es nicht.", f"Vorhanden: {', '.join(TRAINEES)}.")
    named = [path.stem if (path := Path(name)) in files else name for name in scenarios or sorted(content.scenarios)]
    chosen = [content.scenario(name).id for name in named]
    wanted = cases(content, chosen, trainee or list(TRAINEES), seeds)
    with _progress("Gespräche werden gespielt") as report:
        played = play(wanted, processes, report)
    rows = summary(played)
    typer.echo(f"{'Trainee':18} {'Gespräche':>9} {'gelöst':>7} {'Antworten':>9} {'Ärger':>6} {'Empathie':>8} {'Lösung':>7}  Ausgänge")
    for row in rows:
        ends = ", ".join(f"{name} {count}" for name, count in sorted(row.outcomes.items(), key=lambda o: -o[1]))
        typer.echo(
            f"{row.name:18} {row.conversations:9} {row.good:7.0%} {row.replies:9.1f} {row.anger:6.2f} {row.empathy:8.0f}"
            f" {row.resolution:7.0f}  {ends}"
        )
    hard = [p for p in played if content.scenarios[p.case.scenario].difficulty == 4 and p.case.trainee == "solid"]
    if hard:
        good = sum(p.outcome in {"resolved", "resolved_grudgingly"} for p in hard) / len(hard)
        typer.echo(f"\nFeindselige Szenarien (Schwierigkeit 4): solide gelöst {good:.0%} von {len(hard)}.")
    m = measures(played)
    typer.echo(
        f"\nSprache: {m.turns} Äußerungen, {m.sentences} Sätze; verschieden: Wörter {m.distinct_1:.3f}, Wortpaare {m.distinct_2:.3f};"
        f" im selben Gespräch wiederholt {m.repeated:.1%}; gemeinsam mit einem anderen Startwert {m.shared:.0%};"
        f" Self-BLEU {m.self_bleu:.2f}; fehlerhaft eingesetzt {m.broken}."
    )
    if replay:
        with _progress("Zum zweiten Mal") as report:
            again = play(wanted, processes, report)
        typer.echo(f"Wiederholung: {sum(a == b for a, b in zip(played, again, strict=True))} von {len(played)} Gesprächen gleich.")
    if plot:
        draw(rows, plot)
        typer.echo(f"Bild: {plot}")


@app.command()
def difficulty(
    check: Annotated[bool, typer.Option("--check", help="Nur sagen, ob die Tabelle noch zu den Inhalten passt.")] = False,
    processes: Annotated[int, typer.Option(min=0, help="Prozesse; 0 heißt einer je Kern.")] = 0,
) -> None:
    """Lässt simulierte Trainees jeden Fall spielen und schreibt, wie schwer er ist; daraus werden gleich schwere Prüfungsbögen."""
    from bot.assessment.difficulty import load_table, save_table, staleness
    from bot.config import data_root, load_config
    from bot.content import library

    config = load_config()
    if check:
        stale = staleness(load_table(data_root()), data_root(), config)
        typer.echo(stale or "Die Tabelle der Schwierigkeiten passt zu den Inhalten.")
        raise typer.Exit(1 if stale else 0)
    from bot.simulation.difficulty import simulate_difficulty

    ensure_model(config)
    with _progress("Simulierte Trainees spielen alle Fälle") as report:
        table = simulate_difficulty(config, library(data_root()), processes=processes, progress=report)
    path = save_table(table, data_root())
    typer.echo(f"{path}: {len(table.cases)} Fälle, je {len(table.people)} Gespräche.")
    for case in sorted(table.cases, key=lambda case: case.points):
        typer.echo(f"{case.scenario:28} {case.persona:20} {case.seed:3}  {case.points:5.1f} ± {case.error:.1f}")


def _try(path: Path) -> None:
    """Check a scenario file and let the library hold it, wherever it lies."""
    from bot.content.authoring import try_file
    from bot.content.validate import validate as check

    report = check(path)
    for problem in report.problems:
        typer.echo(str(problem))
    if report.problems:
        raise typer.Exit(1)
    try_file(path)


@app.command()
def play(
    file: Annotated[Path, typer.Argument(metavar="SZENARIO.yml", help="Szenariodatei, irgendwo; sie muss nicht installiert sein.")],
    persona: Annotated[str | None, typer.Option(help="Kürzel der Persona; ohne Angabe die erste des Szenarios.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Startwert.")] = None,
) -> None:
    """Probiert eine Szenariodatei im Terminal aus; gespeichert wird nichts."""
    from bot.config import load_config
    from bot.terminal import Terminal

    config = load_config()
    _try(file)
    ensure_model(config)
    terminal = Terminal(config, feedback=True)
    asyncio.run(terminal.practise(file.stem, persona or "", seed, "", keep=False))


new = typer.Typer(help="Legt Inhalte an, die man nur noch ausfüllt.", no_args_is_help=True)
app.add_typer(new, name="new")


@new.command("scenario")
def new_scenario(
    name: Annotated[str, typer.Argument(metavar="KÜRZEL", help="Kürzel des Szenarios, auch der Dateiname.")],
    channel: Annotated[str, typer.Option(help="phone, chat, email oder social.")] = "phone",
    persona: Annotated[str, typer.Option(help="Persona, deren Stimme zuerst geschrieben wird.")] = "silvio_kretzschmar",
    folder: Annotated[Path | None, typer.Option(help="Zielordner; ohne Angabe data/scenarios/.")] = None,
) -> None:
    """Legt eine Szenariodatei an, die schon läuft."""
    from bot.acts import CHANNELS
    from bot.config import data_root
    from bot.content import library
    from bot.content.authoring import scaffold

    if channel not in CHANNELS:
        raise InvalidInputError(f"Den Kanal „{channel}“ gibt es nicht.", f"Erlaubt: {', '.join(CHANNELS)}.")
    library(data_root()).persona(persona)
    target = (folder or data_root() / "scenarios") / f"{name}.yml"
    text = scaffold(name, channel, persona)
    if target.exists():
        raise InvalidInputError(f"{target} gibt es schon.", "Ein anderes Kürzel wählen; die Datei bleibt, wie sie ist.")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    typer.echo(f"{target} angelegt. Weiter: warteschleife play {target}")


@new.command("schemas")
def new_schemas(folder: Annotated[Path | None, typer.Option(help="Zielordner; ohne Angabe data/schemas/.")] = None) -> None:
    """Schreibt die JSON-Schemas aller Inhaltsdateien, für Editoren."""
    from bot.config import data_root
    from bot.content.authoring import schema_files

    target = folder or data_root() / "schemas"
    target.mkdir(parents=True, exist_ok=True)
    for name, text in schema_files():
        (target / name).write_text(text, encoding="utf-8")
    typer.echo(f"{target}: {len(list(schema_files()))} Schemas.")


@app.command()
def practise(
    scenario: Annotated[str | None, typer.Option(help="Kürzel des Szenarios; ohne Angabe wird gefragt.")] = None,
    persona: Annotated[str | None, typer.Option(help="Kürzel der Persona; ohne Angabe die erste des Szenarios.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Startwert: gleicher Wert und gleiche Antworten, gleiches Gespräch.")] = None,
    resume: Annotated[str | None, typer.Option(help="Kennung eines Gesprächs, das weitergehen soll.")] = None,
    feedback: Annotated[bool, typer.Option(help="Nach jeder Antwort die Rückmeldung zeigen.")] = True,
    clock: Annotated[bool, typer.Option("--clock", help="Die Uhr läuft mit: Wer warten lässt, verliert Geduld.")] = False,
) -> None:
    """Übt im Terminal."""
    from bot.config import load_config
    from bot.terminal import Terminal

    config = load_config()
    terminal = Terminal(config, feedback=feedback)
    ensure_model(config)
    asyncio.run(terminal.practise(scenario, persona or "", seed, resume or "", clock=clock))


if __name__ == "__main__":
    main()
