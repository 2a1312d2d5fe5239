"""The pages in German and English: complete, switched in the page, content left as it is."""

import re

import httpx
import pytest

from bot.web import i18n

PAGES = (
    "/",
    "/path",
    "/path/first-sentence",
    "/scenarios",
    "/history",
    "/progress",
    "/progress/listening",
    "/account",
    "/about",
    "/privacy",
)
GERMAN = re.compile(r"\b(?:und|nicht|Sie|der|die|das|ist|eine?|Ihre?|für|mit|Gespräch|Antwort)\b")


def test_every_text_of_the_pages_has_an_english_translation():
    assert i18n.missing() == []


def test_the_catalogue_holds_nothing_that_is_gone_and_every_slot():
    texts = set(i18n.messages())
    for german, english in i18n._english().items():
        assert german in texts, german
        for one, other in zip(
            [german] if isinstance(german, str) else german, [english] if isinstance(english, str) else english, strict=True
        ):
            if isinstance(german, str):
                slots = r"%\(\w+\)[sd]|\{\w+\}"
                assert sorted(set(re.findall(slots, one))) == sorted(set(re.findall(slots, other))), (german, english)


def visible(page: str) -> str:
    """Return what an English page says in its own words: without what is marked as German, and without names."""
    main = re.sub(r"<(script|style|template)\b.*?</\1>", "", page, flags=re.DOTALL)
    for _ in range(6):
        main = re.sub(r'<(\w+)[^<>]*\blang="de"[^<>]*>(?:(?!<\1[\s>]).)*?</\1>', "", main, flags=re.DOTALL)
    main = re.sub(r"<title>.*?</title>", "", main)
    return re.sub(r"<[^>]+>", " ", main)


@pytest.mark.parametrize("path", PAGES)
def test_an_english_page_speaks_english_but_for_what_is_marked_as_german(client: httpx.Client, path):
    answer = client.get(path, headers={"accept": "text/html", "cookie": "language=en"})
    assert '<html lang="en">' in answer.text
    assert not GERMAN.search(visible(answer.text)), GERMAN.search(visible(answer.text))


def test_the_language_is_switched_in_the_page_and_leads_back_to_it(client: httpx.Client):
    answer = client.post("/language", data={"language": "en", "next": "/path?x=1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/path?x=1")
    assert 'lang="en"' in client.get("/path").text
    client.post("/language", data={"language": "de", "next": "/path"})
    assert 'lang="de"' in client.get("/path").text


@pytest.mark.parametrize("elsewhere", ["https://fremd.example/", "//fremd.example", "/\\fremd.example", "path"])
def test_switching_never_leads_to_another_server(client: httpx.Client, elsewhere):
    assert client.post("/language", data={"language": "en", "next": elsewhere}).headers["location"] == "/"


def test_errors_are_said_in_the_language_of_the_page(client: httpx.Client):
    english = client.get("/practice/gibt-es-nicht", headers={"accept": "text/html", "cookie": "language=en"}).text
    german = client.get("/practice/gibt-es-nicht", headers={"accept": "text/html"}).text
    assert "gibt-es-nicht" in english
    assert "gibt-es-nicht" in german
    assert "gibt es nicht." in german
    assert "gibt es nicht." not in english


def test_an_unknown_language_is_german(client: httpx.Client):
    assert '<html lang="de">' in client.get("/path", headers={"cookie": "language=xx"}).text
