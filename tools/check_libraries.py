"""Run some of the libraries on the demo's page in one engine, and save screenshots.

They are `websockets`, `aiohttp`, and `openai`, which is large, uses `websockets` and needs compiled
wheels.
"""

from selenium.common.exceptions import TimeoutException
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.wait import WebDriverWait

from tools.check_pyscript import holds
from tools.project import say
from tools.screenshots import DESKTOP, PHONE, photograph, resize_frame, show_in_frame

LIMIT = 180
"""Seconds for Python to start and the example to run."""

LIBRARIES = ("websockets", "aiohttp", "openai")

EXAMPLE = "document.querySelector('.example')"
BUTTON = f"{EXAMPLE}?.querySelector('button.main')"
ENDED = f"['done', 'failed'].includes({EXAMPLE}.dataset.state)"
STATE = f"return {EXAMPLE}.dataset.state"
STEPS = f"""return [...{EXAMPLE}.querySelectorAll('.steps li')].map((step) =>
    [...step.children].map((part) => part.textContent).join(" ").trim()).join(", ")"""
OUTCOME = f"return {EXAMPLE}.innerText"
SHOW = """
    const top = scrollY + document.querySelector(arguments[0]).getBoundingClientRect().top;
    scrollTo({top: top - 72, behavior: "instant"});
"""


def check(driver: WebDriver, address: str, engine: str) -> list[str]:
    """Return the problems that were found."""
    problems = []
    driver.get(f"{address}libraries.html")
    show_in_frame(driver, f"{address}libraries.html", PHONE)
    driver.switch_to.frame(0)
    wait(driver, BUTTON)
    photograph_frame(driver, f"{engine}-libraries-phone")
    for library in LIBRARIES:
        say(f"{engine}: libraries, {library}")
        if problem := run(driver, library):
            problems.append(f"{engine}: {library}: {problem}")
        for name, size in {"desktop": DESKTOP, "phone": PHONE}.items():
            driver.switch_to.default_content()
            resize_frame(driver, size)
            driver.switch_to.frame(0)
            for part, selector in {"top": "#detail", "run": ".run-bar"}.items():
                driver.execute_script(SHOW, selector)
                photograph_frame(driver, f"{engine}-libraries-{library}-{part}-{name}")
    driver.switch_to.default_content()
    return problems


def run(driver: WebDriver, library: str) -> str | None:
    """Choose a library and run its first example. Return the problem, if there is one."""
    driver.execute_script("location.hash = arguments[0]", library)
    try:
        wait(driver, f"{BUTTON} && !{BUTTON}.disabled && document.activeElement.matches('h2')")
        driver.execute_script(f"{BUTTON}.click()")
        wait(driver, ENDED)
    except TimeoutException:
        return f"not within {LIMIT} seconds: {driver.execute_script('return document.body.innerText')}"
    print(driver.execute_script(STEPS), flush=True)
    return None if driver.execute_script(STATE) == "done" else driver.execute_script(OUTCOME)


def wait(driver: WebDriver, expression: str) -> None:
    """Wait until an expression is true in the frame."""
    WebDriverWait(driver, LIMIT).until(holds("libraries.html", expression))


def photograph_frame(driver: WebDriver, name: str) -> None:
    """Save a picture of the whole window, then return to its frame."""
    driver.switch_to.default_content()
    photograph(driver, name)
    driver.switch_to.frame(0)
