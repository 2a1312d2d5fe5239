"""Parallel forms in the pages of a lead: other cases, how equal they are, stored on demand."""

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.team import MANY_TRIES, PLAIN_HTTP, TeamServer, invite, join


@pytest.fixture(scope="module")
def lead(tmp_path_factory, config, model) -> Iterator[httpx.Client]:
    server = TeamServer(tmp_path_factory.mktemp("parallel"), config.models, **PLAIN_HTTP, **MANY_TRIES)
    admin = join(server, server.first_link(), "Ada Admin")
    yield join(server, invite(admin, "lead"), "Lena Lead")
    server.stop()


@pytest.fixture(scope="module")
def form(lead: httpx.Client) -> str:
    """A stored form with two cases."""
    fields = {"title": "Frühjahr", "case": ["phone-no-show", "phone-third-call"], "pass_mark": "50", "attempts": "1", "must": ["own_name"]}
    answer = lead.post("/forms", data=fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_other_cases_are_proposed_with_how_equal_they_are(lead: httpx.Client, form: str):
    page = lead.get(f"{form}/parallel", params={"count": 2}).text
    assert page.count("<section") == 2
    assert len(re.findall(r"<td>-?[\d,]+</td><td>-?[\d,]+ bis -?[\d,]+</td>", page)) == 3, "each of three forms with each other"
    assert lead.get(f"{form}/parallel", params={"count": 2}).text == page, "the same form leads to the same ones"


def test_a_number_that_does_not_go_is_refused_with_what_is_allowed(lead: httpx.Client, form: str):
    answer = lead.get(f"{form}/parallel", params={"count": 99})
    assert answer.status_code == 422
    assert "1 bis" in answer.text


def test_what_was_proposed_can_be_stored_and_takes_weights_and_must_dos_over(lead: httpx.Client, form: str):
    assert lead.post(f"{form}/parallel", data={"count": "1"}).status_code == 303
    listed = re.findall(r'href="(/forms/[\w-]+)" lang="de">([^<]*Frühjahr[^<]*)<', lead.get("/forms").text)
    assert len(listed) == 2
    fresh = next(url for url, _ in listed if url != form)
    page = lead.get(fresh).text
    assert "50 von 100" in page
    assert "Eigener Name am Anfang" in page
    assert "Zum dritten Mal von vorn" not in page
