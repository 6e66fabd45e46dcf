"""A notebook in a browser: runs cells and returns their outputs.

Uses the commands and models of JupyterLab, which the site exposes as `window.jupyterapp`.
"""

import json
from typing import Any

import pytest
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser import drivers

LIMIT = 480
"""Seconds to wait for anything in a notebook; starting the kernel takes most of it."""

READY = "return Boolean(window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel)"

PRELUDE = """
    const {commands, shell} = window.jupyterapp;
    const panel = shell.currentWidget, notebook = panel.content;
    const find = (id) => notebook.widgets.find((cell) => cell.model.id === id);
"""
START = """
    const done = arguments[arguments.length - 1];
    const {kernel} = panel.sessionContext.session;
    const sent = (sender, {direction, msg}) => {
        if (direction !== "send" || msg.header.msg_type !== "execute_request") return;
        kernel.anyMessage.disconnect(sent);
        setTimeout(done, 10);  // The kernel queues it in a timer of 4 ms, which fires first.
    };
    kernel.anyMessage.connect(sent);
    notebook.activeCellIndex = notebook.widgets.indexOf(find(arguments[0]));
    const {id} = notebook.activeCell.model;
    window.ended ??= {};
    delete ended[id];
    commands.execute("notebook:run-cell").then(() => { ended[id] = true; });
"""
APPEND = """
    const done = arguments[arguments.length - 1];
    notebook.activeCellIndex = notebook.widgets.length - 1;
    commands.execute("notebook:insert-cell-below").then(() => {
        notebook.activeCell.model.sharedModel.setSource(arguments[0]);
        done(notebook.activeCell.model.id);
    });
"""
HAS_ENDED = "return Boolean(window.ended[arguments[0]])"
OUTPUTS = "return JSON.stringify(find(arguments[0]).model.toJSON().outputs)"
QUERY = """
    const found = find(arguments[0]).node.querySelectorAll(arguments[1]);
    return [...found].map((element) => element.outerHTML);
"""
COMMAND = """
    const done = arguments[arguments.length - 1];
    commands.execute(arguments[0]).then(() => done(null), (error) => done(String(error)));
"""
RESTART = """
    const done = arguments[arguments.length - 1];
    panel.sessionContext.restartKernel().then(() => done(null), (error) => done(String(error)));
"""


class Notebook:
    """The notebook at `address`. Cells are named by their ids."""

    def __init__(self, driver: WebDriver, address: str) -> None:
        self.driver = driver
        drivers.limit_commands(driver, LIMIT)
        driver.set_script_timeout(LIMIT)
        driver.get(address)
        self.wait_for(lambda: driver.execute_script(READY), "the notebook is open")

    def run(self, cell: str) -> list[dict[str, Any]]:
        """Run a cell of the notebook to its end, and return its outputs."""
        self.start(cell)
        return self.end_of(cell)

    def run_code(self, code: str) -> list[dict[str, Any]]:
        """Run code in a new cell to its end, and return its outputs."""
        return self.end_of(self.start_code(code))

    def start_code(self, code: str) -> str:
        """Start code in a new cell, and return the cell."""
        cell = str(self._execute_async(APPEND, code))
        self.start(cell)
        return cell

    def start(self, cell: str) -> None:
        """Start a cell: run it, or put it into the kernel's queue."""
        self._execute_async(START, cell)

    def end_of(self, cell: str) -> list[dict[str, Any]]:
        """Wait for the cell's end, and return its outputs."""
        self.wait_for(lambda: self.has_ended(cell), f"cell {cell} has ended")
        return self.outputs(cell)

    def has_ended(self, cell: str) -> bool:
        """Return True if the cell has ended since it was last started."""
        return bool(self._execute(HAS_ENDED, cell))

    def outputs(self, cell: str) -> list[dict[str, Any]]:
        """Return the outputs of the cell so far, as they would be saved."""
        return list(json.loads(self._execute(OUTPUTS, cell)))

    def query(self, cell: str, selector: str) -> list[str]:
        """Return the HTML of those elements of a cell that match the selector."""
        return list(self._execute(QUERY, cell, selector))

    def interrupt(self) -> None:
        """Press the stop button."""
        assert self._execute_async(COMMAND, "notebook:interrupt-kernel") is None

    def restart(self) -> None:
        """Restart the kernel."""
        assert self._execute_async(RESTART) is None

    def wait_for(self, condition: Any, what: str) -> None:
        """Wait until the condition holds."""
        try:
            WebDriverWait(self.driver, LIMIT, 0.1).until(lambda _: condition())
        except TimeoutException:
            pytest.fail(f"not within {LIMIT} s: {what}")

    def _execute(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_script(PRELUDE + script, *arguments)

    def _execute_async(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_async_script(PRELUDE + script, *arguments)


def text_of(outputs: list[dict[str, Any]]) -> str:
    """Return the printed text and the values of a cell. Fail if it has raised an exception."""
    parts = []
    for output in outputs:
        assert output["output_type"] != "error", output
        parts.append(output["text"] if "text" in output else output["data"]["text/plain"] + "\n")
    return "".join(parts)


def html_of(outputs: list[dict[str, Any]]) -> str:
    """Return the only HTML output of a cell."""
    (html,) = (
        output["data"]["text/html"] for output in outputs if "text/html" in output.get("data", {})
    )
    return str(html)


def error_of(outputs: list[dict[str, Any]]) -> tuple[str, str]:
    """Return the name and the message of the exception that a cell has raised."""
    (error,) = (output for output in outputs if output["output_type"] == "error")
    return error["ename"], error["evalue"]
