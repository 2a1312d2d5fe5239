"""The files of results for team leads: who gets them, what is in them, and that a spreadsheet runs nothing of it."""

import csv
import io
import json
import tracemalloc
from collections.abc import Iterator

import httpx
import pytest

from bot.assessment.forms import PARTS
from bot.session import Store, released_results
from bot.web.exports import COLUMNS
from tests.team import MANY_TRIES, PLAIN_HTTP, TeamServer, invite, join

EVIL = '=HYPERLINK("http://boese.example";"Klick")'
FILES = ("/exports/results.csv", "/exports/results.json")


class Team:
    """A real server with a lead and trainees, into whose database results are put."""

    def __init__(self, server: TeamServer) -> None:
        self.server = server
        self.admin = join(server, server.first_link(), "Ada Admin")
        self.lead = join(server, invite(self.admin, "lead"), "Lena Lead")
        self.trainee = join(server, invite(self.admin), "Toni Trainee")
        self.me = self.trainee.get("/api/v1/me").json()["id"]

    def result(
        self, name: str, *, title: str = "Erste Prüfung", released: float | None = 1_800_000_000.0, second: str | None = None
    ) -> None:
        """Put an attempt with two cases into the database, the second of them not played."""
        put = self.server.database
        put("INSERT INTO forms VALUES (?, ?, ?, ?, NULL)", f"f-{name}", json.dumps({"title": title, "pass_mark": 60.0}), "x", 1.0)
        put("INSERT INTO assignments VALUES (?, ?, ?, ?, NULL, ?)", f"a-{name}", f"f-{name}", self.me, "x", 1.0)
        cases = [
            {"case": {"scenario": "phone-no-show", "persona": "mandy_richter", "seed": 3}, "played": True, "outcome": "resolved",
             "points": 62.5, "components": {"er": 50.0}, "musts": {"own_name": {"held": False, "evidence": [], "remark": ""}},
             "lines": [{"what": part, "text": part, "value": value, "weight": 0.5, "points": value / 2} for part, value in
                       (("er", 50.0), ("goal", 75.0))]},
            {"case": {"scenario": "phone-third-call", "persona": "mandy_richter", "seed": 3}, "played": False, "outcome": "",
             "points": 0.0, "components": {}, "musts": {}, "lines": []},
        ]  # fmt: skip
        whole = {"cases": cases, "lines": [], "total": 31.3, "complete": False, "missed": [[0, "own_name"]], "passed": False}
        put(
            "INSERT INTO attempts VALUES (?, ?, ?, NULL, ?, ?, ?, ?, ?)",
            name, f"a-{name}", 1_799_990_000.0, 1_799_999_000.0, released, "x" if released else None, second, json.dumps(whole),
        )  # fmt: skip

    def says(self, name: str, kind: str, place: str, value: float) -> None:
        values = (name, "x", kind, place, value, "Aus gutem Grund.", 1.0)
        self.server.database(
            "INSERT INTO opinions (attempt_id, author, kind, place, value, text, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)", *values
        )


@pytest.fixture(scope="module")
def running(tmp_path_factory, config, model) -> Iterator[Team]:
    server = TeamServer(tmp_path_factory.mktemp("exports"), config.models, **PLAIN_HTTP, **MANY_TRIES)
    found = Team(server)
    yield found
    for client in (found.admin, found.lead, found.trainee):
        client.close()
    server.stop()


@pytest.fixture
def team(running: Team) -> Team:
    for table in ("assignments", "forms"):  # attempts and opinions go with their assignment, as the next line does by hand
        running.server.database("DELETE FROM opinions")
        running.server.database("DELETE FROM attempts")
        running.server.database(f"DELETE FROM {table}")
    return running


def table(client: httpx.Client) -> list[dict[str, str]]:
    answer = client.get("/exports/results.csv")
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xef\xbb\xbf"), "a spreadsheet knows by this that it is UTF-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("path", FILES)
def test_only_leads_and_admins_get_the_files(team: Team, path: str):
    assert team.trainee.get(path).status_code == 403
    for client in (team.lead, team.admin):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].startswith('attachment; filename="warteschleife-results-')
        assert "no-store" in answer.headers["cache-control"]


def test_without_results_there_is_a_head_and_an_empty_list(team: Team):
    answer = team.lead.get("/exports/results.csv").content.decode("utf-8-sig")
    assert answer == ",".join([*COLUMNS, *(f"part_{part}" for part in PARTS)]) + "\r\n"
    assert team.lead.get("/exports/results.json").json() == []


def test_there_is_one_row_for_each_case_of_a_released_attempt(team: Team):
    team.result("frei")
    team.result("wartet", released=None)
    first, second = table(team.lead)
    assert (first["attempt"], first["person"], first["form"], first["case"]) == ("frei", "Toni Trainee", "Erste Prüfung", "1")
    assert (first["scenario"], first["played"], first["case_points"], first["part_er"], first["part_goal"], first["part_ip"]) == (
        "phone-no-show", "true", "62.5", "50.0", "75.0", "",
    )  # fmt: skip
    assert (first["total"], first["human_total"], first["passed"], first["missed"]) == ("31.3", "", "false", "own_name")
    assert (first["started_at"], first["finished_at"], first["released_at"]) == (
        "2027-01-15T05:13:20Z", "2027-01-15T07:43:20Z", "2027-01-15T08:00:00Z",
    )  # fmt: skip
    assert (second["case"], second["played"], second["outcome"], second["part_er"]) == ("2", "false", "", "")


def test_both_files_say_the_same_and_what_a_person_set_stands_beside_the_program(team: Team):
    team.result("frei", second="jemand")
    team.says("frei", "score", "", 61.5)
    team.says("frei", "must", "0/must/own_name", 100.0)
    rows, entries = table(team.lead), team.lead.get("/exports/results.json").json()
    assert len(rows) == len(entries) == 2
    for row, entry in zip(rows, entries, strict=True):
        assert (row["total"], row["human_total"], row["passed"], row["second_look"]) == ("31.3", "61.5", "true", "done")
        assert (entry["total"], entry["human_total"], entry["passed"], entry["second_look"]) == (31.3, 61.5, True, "done")
        assert {name: row[name] for name in ("attempt", "released_at", "scenario")} == {
            name: entry[name] for name in ("attempt", "released_at", "scenario")
        }
    assert entries[0]["parts"] == {"er": 50.0, "goal": 75.0}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_begins_as_a_formula(team: Team, start: str):
    title = start + EVIL[1:]
    team.result("boese", title=title)
    assert [row["form"] for row in table(team.lead)] == [f"'{title}"] * 2
    assert [entry["form"] for entry in team.lead.get("/exports/results.json").json()] == [title] * 2


def test_commas_quotation_marks_and_line_breaks_stay_in_their_cell(team: Team):
    title = 'Teil 1, „schwer“; "mit" Umbruch\nund ä'
    team.result("heikel", title=title)
    assert [row["form"] for row in table(team.lead)] == [title] * 2
    assert team.lead.get("/exports/results.csv").content.count(b"\r\n") == 3


def test_who_takes_the_file_is_in_the_audit_log(team: Team):
    before = team.server.database("SELECT count(*) FROM audit")[0][0]
    team.lead.get("/exports/results.csv")
    team.trainee.get("/exports/results.csv")
    ((actor, action, subject),) = team.server.database("SELECT actor, action, subject FROM audit ORDER BY id LIMIT -1 OFFSET ?", before)
    assert (actor, action, subject) == (team.lead.get("/api/v1/me").json()["id"], "results_exported", "csv")
    assert "Ergebnisse heruntergeladen" in team.lead.get("/audit").text


async def test_memory_does_not_grow_with_the_number_of_results(team: Team):
    for n in range(400):
        team.result(f"viel-{n:03}", released=1_800_000_000.0 + n // 7)
    store = Store(f"sqlite+aiosqlite:///{team.server.folder / 'warteschleife.db'}")
    try:
        tracemalloc.start()
        peaks, seen = [], 0
        async for _ in released_results(store, 20):
            seen += 1
            if seen % 200 == 0:
                peaks.append(tracemalloc.get_traced_memory()[1])
                tracemalloc.reset_peak()
        assert seen == 800
        assert peaks[-1] < 1.5 * peaks[1], peaks
    finally:
        tracemalloc.stop()
        await store.close()
    assert len({(row["attempt"], row["case"]) for row in table(team.lead)}) == 800
