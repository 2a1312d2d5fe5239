"""Makes the pictures in docs/pictures from the running program: `make screenshots`."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).resolve().parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
REPLIES = (
    "Guten Tag, Herr Kretzschmar, hier ist Jana Förster. Das tut mir leid. Wie ist Ihre Kundennummer?",
    "Sechs Tage ohne Internet, und keiner hat Bescheid gesagt: Das ist unser Fehler, und ich übernehme das jetzt. Wann sind Sie zu Hause?",
)

SECOND_TRY = (
    "Guten Tag, Herr Kretzschmar, hier ist Jana Förster. 35 Minuten gewartet, und das zum dritten Mal: Das tut mir ehrlich leid. "
    "Sagen Sie mir bitte die Kundennummer? Dann sehe ich sofort nach.",
    "Ich buche Ihnen den Techniker für morgen zwischen 14 und 16 Uhr und rufe Sie um Viertel vor vier selbst an. Passt Ihnen das?",
)


def shoot(page: Page, base: str, name: str) -> None:
    """Take the pictures of the main pages at one size, going the way of a newcomer."""

    def picture(title: str, *, whole: bool = False) -> None:
        page.screenshot(path=HERE / "pictures" / f"{title}-{name}.png", full_page=whole)

    page.goto(base)
    picture("start")
    page.goto(f"{base}/path")
    picture("path")
    page.goto(f"{base}/path/person-before-number")
    picture("level")
    page.goto(f"{base}/scenarios")
    picture("scenarios")
    card = page.locator(".card", has=page.locator('input[value="phone-third-call"]'))
    card.locator("summary").click()
    card.get_by_label("Gleicher Startwert").fill("7")
    card.get_by_role("button", name="Gespräch beginnen").click()
    for number, text in enumerate(REPLIES, start=1):
        page.locator("#text").fill(text)
        page.locator("#composer button:not([type=button])").click()
        page.locator(".message.customer").nth(number).wait_for()
    page.wait_for_timeout(400)
    picture("practice", whole=name == "desktop")
    page.get_by_role("button", name="Gespräch beenden").click()
    page.wait_for_url("**/scorecard")
    picture("scorecard")
    page.locator("#reply-1").get_by_role("button", name="Ab hier noch einmal").click()
    page.wait_for_url(re.compile(r"/practice/[^/]+$"))
    for number, text in enumerate(SECOND_TRY, start=1):
        page.locator("#text").fill(text)
        page.locator("#composer button:not([type=button])").click()
        page.locator(".message.customer").nth(number).wait_for()
    page.get_by_role("button", name="Gespräch beenden").click()
    page.wait_for_url("**/scorecard")
    page.get_by_role("link", name=re.compile("Vergleich")).first.click()
    picture("compare")
    page.goto(f"{base}/progress")
    picture("progress")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        environment = {**os.environ, "WARTESCHLEIFE_STORAGE__FOLDER": folder}
        subprocess.run([sys.executable, "-m", "bot.cli", "train"], cwd=HERE.parent, check=True, env=environment)
        server = subprocess.Popen([sys.executable, "-m", "bot.cli", "serve", "--port", "8799"], cwd=HERE.parent, env=environment)
        base = "http://127.0.0.1:8799"
        try:
            for _ in range(600):
                try:
                    httpx.get(f"{base}/ready", trust_env=False).raise_for_status()
                    break
                except httpx.HTTPError:
                    time.sleep(0.1)
            browser = play.chromium.launch(executable_path=shutil.which("chromium") or shutil.which("chromium-browser"), args=FLAGS)
            for name, size, scheme in (("desktop", (1200, 900), "light"), ("phone", (390, 844), "dark")):
                context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)  # type: ignore[arg-type]
                shoot(context.new_page(), base, name)
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
