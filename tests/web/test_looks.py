"""Every page, in both languages, both colour schemes, at a desk and on a phone: accessible, and never wider than the screen."""

import httpx
import pytest
from playwright.sync_api import Browser

from tests.conftest import Server
from tests.dialogues import GOOD, SCENARIO, SEED
from tests.web.test_browser import SIZES, browser, fits, no_violations  # noqa: F401

pytestmark = pytest.mark.browser
CHANNELS = ("phone-third-call", "chat-doctor-portal", "email-tram-fine", "social-viral-post")


@pytest.fixture(scope="module")
def played(server: Server) -> dict[str, str]:
    """Conversations to look at: two finished attempts, and one that runs in each channel."""
    with httpx.Client(base_url=f"{server.url}/api/v1", timeout=60, trust_env=False) as api:
        found = {}
        for key, texts in (("first", GOOD), ("second", ("Beruhigen Sie sich erst mal.", *GOOD[:2]))):
            found[key] = api.post("/conversations", json={"scenario": SCENARIO, "seed": SEED}).json()["id"]
            for text in texts:
                if api.post(f"/conversations/{found[key]}/replies", json={"text": text}).json().get("ended"):
                    break
            api.post(f"/conversations/{found[key]}/finish")
        for scenario in CHANNELS:
            found[scenario] = api.post("/conversations", json={"scenario": scenario, "seed": SEED}).json()["id"]
            api.post(f"/conversations/{found[scenario]}/replies", json={"text": GOOD[0]})
            api.post(f"/conversations/{found[scenario]}/hint")
    return found


PAGES = [
    "/", "/path", "/path/first-sentence", "/path/in-public", "/scenarios", "/scenarios?skill=public_channel&channel=phone", "/history", "/progress",
    "/progress/listening", "/progress/honest_no", "/account", "/about", "/compare/{first}/{second}", "/practice/{first}/scorecard",
    "/practice/{first}", *(f"/practice/{{{scenario}}}" for scenario in CHANNELS), "/gibt-es-nicht",
]  # fmt: skip


@pytest.mark.parametrize(("language", "size", "scheme"), [("de", "desktop", "dark"), ("en", "phone", "light")])
def test_every_page_is_accessible_and_fits(browser: Browser, server: Server, played, language, size, scheme):  # noqa: F811
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme, base_url=server.url, bypass_csp=True)
    context.add_cookies([{"name": "language", "value": language, "url": server.url}])
    page = context.new_page()
    problems = []
    for path in PAGES:
        page.goto(path.format(**played))
        try:
            no_violations(page)
            fits(page)
        except AssertionError as error:
            problems.append(f"{path} ({language}, {size}, {scheme}): {error}")
    context.close()
    assert not problems, "\n\n".join(problems)


def test_paper_shows_the_result_without_what_only_works_on_a_screen(browser: Browser, server: Server, played):  # noqa: F811
    context = browser.new_context(viewport=SIZES["desktop"], base_url=server.url)
    page = context.new_page()
    page.goto(f"/practice/{played['first']}/scorecard")
    page.emulate_media(media="print")
    assert page.get_by_role("heading", name="Auswertung", level=1).is_visible()
    assert not page.locator(".top").is_visible()
    assert page.locator("button:visible").count() == 0
    context.close()
