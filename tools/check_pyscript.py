"""Check the demo's PyScript pages in one engine, and save screenshots of them."""

import json
from collections.abc import Callable

from selenium.common.exceptions import TimeoutException
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.wait import WebDriverWait

from tools.project import say
from tools.screenshots import DESKTOP, PHONE, photograph, resize_frame, show_in_frame

LIMIT = 300
"""Seconds for each step on a page, the first of which includes starting Python."""

CONVERSATION = ["Good morning!", "This line went to the server and came back.", "So did this one."]

PAGES = {
    "": ["document.querySelectorAll('.cards a').length === 3"],
    "chat.html": [
        "!document.getElementById('send').disabled",
        f"""{json.dumps(CONVERSATION)}.every((text) => {{
            document.getElementById("text").value = text;
            document.getElementById("send").click();
            return true;
        }})""",
        f"document.querySelectorAll('#lines li').length >= {len(CONVERSATION)}",
    ],
    "chart.html": ["document.getElementById('count').textContent > 240"],
    "compare.html": [
        "document.getElementById('results').dataset.state === 'done'",
        "!document.querySelector('td[data-client=websocketstream]:not([data-outcome=good])')",
    ],
}
"""The conditions to wait for on each page, in order. One step of the chat sends messages."""

BANNERS = "return [...document.querySelectorAll('.py-error')].map((banner) => banner.textContent)"


def check(driver: WebDriver, address: str, engine: str) -> list[str]:
    """Return the problems that were found."""
    problems = []
    for page, steps in PAGES.items():
        name = page.partition(".")[0] or "examples"
        say(f"{engine}: PyScript, {name}")
        driver.get(f"{address}pyscript/")
        show_in_frame(driver, f"{address}pyscript/{page}", DESKTOP)
        driver.switch_to.frame(0)
        try:
            for step in steps:
                WebDriverWait(driver, LIMIT).until(holds(f"pyscript/{page}", step))
        except TimeoutException:
            problems.append(f"{engine}: {page}: not within {LIMIT} seconds: {step}")
        problems += [f"{engine}: {page}: {text}" for text in driver.execute_script(BANNERS)]
        driver.switch_to.default_content()
        photograph(driver, f"{engine}-pyscript-{name}-desktop")
        resize_frame(driver, PHONE)
        photograph(driver, f"{engine}-pyscript-{name}-phone")
    return problems


def holds(page: str, expression: str) -> Callable[[WebDriver], object]:
    """Return a condition to wait for, in a frame that may still be blank or loading."""
    there = f"location.pathname.endsWith({json.dumps(f'/{page}')})"
    script = f"return {there} && document.readyState === 'complete' && ({expression})"
    return lambda driver: driver.execute_script(script)
