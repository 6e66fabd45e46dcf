"""Screenshots of pages in the sizes of a desktop and a phone, in `.build/screenshots`."""

from selenium.webdriver.remote.webdriver import WebDriver

from tools.project import BUILD

FOLDER = BUILD / "screenshots"
DESKTOP = (1280, 900)
PHONE = (390, 844)

_FRAME = """
const [width, height, address] = arguments;
const frame = document.createElement("iframe");
Object.assign(frame, {width, height, style: "position: fixed; inset: 0; border: 0", src: address});
document.body.replaceChildren(frame);
document.body.style = "background: gray; overflow: hidden";
"""
_RESIZE = "[document.querySelector('iframe').width, document.querySelector('iframe').height] = arguments"


def show_in_frame(driver: WebDriver, address: str, size: tuple[int, int]) -> None:
    """Replace the window's page by a frame with a page of the same origin.

    A frame can be as narrow as a phone. In some engines a window can't: it shows gray next to the frame.
    """
    driver.execute_script(_FRAME, *size, address)
    resize(driver, *size)


def resize_frame(driver: WebDriver, size: tuple[int, int]) -> None:
    """Change the size of the frame and of the window."""
    driver.execute_script(_RESIZE, *size)
    resize(driver, *size)


def resize(driver: WebDriver, width: int, height: int) -> None:
    """Give the window this inner size in CSS pixels, or the nearest that the engine allows."""
    inner = driver.execute_script("return [innerWidth, innerHeight]")
    outer = driver.get_window_size()
    driver.set_window_size(outer["width"] + width - inner[0], outer["height"] + height - inner[1])


def photograph(driver: WebDriver, name: str) -> None:
    """Save a picture of the window."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    driver.save_screenshot(str(FOLDER / f"{name}.png"))
