"""The flood panel: its controls, its two plots, and a sentence that says what they show."""

import asyncio
import time
import warnings
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from websocketstream import BufferOverflowError, ReceiveBufferWarning, WebSocketError

from . import words
from .backend import BackendSwitch
from .dom import Segments, element, on, set_text, spawn
from .flood import Flood, Options, ReceiveFlood, SendFlood
from .history import History, Rate, Sample, Top
from .plots import Line, Plot
from .verdict import verdict

MB = 1_000_000
PACES = (0, MB // 5, MB, 2 * MB, 5 * MB, 10 * MB, 20 * MB, 50 * MB, None)
"""The reader's pace at each position of the slider, in bytes a second."""

SAMPLE_SECONDS = 0.125
UPDATE_SECONDS = 0.2
MOST_BYTES, MOST_MESSAGES = 128 * MB, 32_768
"""The most that the server sends on one connection if it can't be slowed down: what fits into memory."""

RECENT = 4
"""The number of updates that a verdict is based on, so that it does not flicker."""

NAMES = {
    "receive": ("sent by the server", "read by this page", "received and not read"),
    "send": ("sent by this page", "read by the server", "written and not sent"),
}


class FloodPanel:
    """The panel. There is one flood at a time, and changing a setting restarts it."""

    def __init__(self, server: str | None, switch: BackendSwitch) -> None:
        self._server = server
        self._switch = switch
        self._flood: Flood | None = None
        self._history = History()
        self._rate_top, self._buffer_top = Top(0.5), Top(0.5)
        self._rate_plot = Plot(element("rate-plot"), Line("sender"), Line("reader"))
        self._buffer_plot = Plot(
            element("buffer-plot"),
            Line("waiting", fill="waiting-fill"),
            Line("soft", dashed=True, width=1.5),
        )
        self._direction = Segments("direction", lambda value: self._changed())
        self._pace = element("pace")
        for name in ("size", "mark", "overflow"):
            on(element(name), "change", lambda event: self._changed())
        on(self._pace, "input", lambda event: self._pace_moved())
        on(self._pace, "change", lambda event: self._pace_settled())
        on(element("flood-button"), "click", lambda event: self._toggle())
        self._changed()
        self._pace_moved()
        if not switch.support.native:
            set_text(element("flood-hint"), "Use Chromium 124 or later to compare both back ends.")
        # The panel shows this better than a line in the console.
        warnings.simplefilter("ignore", ReceiveBufferWarning)
        if server is None:
            self._say("This page has no WebSocket server, so there is nothing to flood.")
        else:
            element("flood").disabled = False

    @property
    def running(self) -> bool:
        return self._flood is not None

    def start(self) -> None:
        assert self._server is not None
        self._history.clear()
        self._begin(self._server)

    def stop(self) -> None:
        if self._flood is not None:
            flood, self._flood = self._flood, None
            flood.stop()
            self._say(f"Stopped after {words.size(flood.read)} were read.")
            self._show_button()

    def restart(self) -> None:
        """If a flood is running, restart it with the current settings."""
        if self._flood is not None and self._server is not None:
            self._flood.stop()
            self._begin(self._server)

    # What the visitor does

    def _toggle(self) -> None:
        if self.running:
            self.stop()
        else:
            self.start()

    def _changed(self) -> None:
        direction = self._direction.value
        for id, name in zip(("sender", "reader", "waiting"), NAMES[direction], strict=True):
            set_text(element(f"{id}-name"), name)
        set_text(element("mark-size"), words.figure(self._mark / MB))
        element("overflow").disabled = direction == "send"
        self.restart()

    def _pace_moved(self) -> None:
        limit = self._limit
        text = (
            "as fast as it can" if limit is None else f"{limit / MB:g} MB/s" if limit else "not reading"
        )
        set_text(element("pace-value"), text)
        self._pace.setAttribute("aria-valuetext", text)
        if isinstance(self._flood, ReceiveFlood):
            self._flood.pace.set(limit)

    def _pace_settled(self) -> None:
        if isinstance(self._flood, SendFlood):
            self.restart()  # the server is told its pace when the connection is made

    @property
    def _limit(self) -> int | None:
        return PACES[int(self._pace.value)]

    @property
    def _mark(self) -> int:
        return int(element("mark").value)

    # One flood

    def _begin(self, server: str) -> None:
        kind: Callable[..., Flood] = ReceiveFlood if self._direction.value == "receive" else SendFlood
        held_back = self._switch.chosen == "native" or kind is SendFlood
        size = int(element("size").value)
        options = Options(
            server=server,
            backend=self._switch.value,
            size=size,
            mark=self._mark,
            overflow=element("overflow").value,
            total=None if held_back else min(MOST_BYTES, MOST_MESSAGES * size),
        )
        try:
            self._flood = flood = kind(options, self._limit)
        except Exception as error:
            self._flood = None
            self._say(words.failure(error), "bad")
            self._show_button()
            return
        self._sent, self._read = Rate(), Rate()
        self._recent: deque[int] = deque(maxlen=RECENT)
        self._say("The flood begins.")
        self._show_button()
        spawn(self._run(flood))
        spawn(self._watch(flood))
        spawn(self._plot(flood))

    async def _run(self, flood: Flood) -> None:
        outcome, tone = "The server closed the connection.", ""
        try:
            await flood.run()
        except BufferOverflowError as error:
            outcome = (
                f"Closed by the package, as chosen ({words.error_name(error)}). {words.failure(error)}"
            )
            tone = "warn"
        except Exception as error:
            outcome, tone = f"{words.failure(error)} ({words.error_name(error)})", "bad"
        if flood is self._flood:
            self._flood = None
            self._say(outcome, tone)
            self._show_button()

    async def _watch(self, flood: Flood) -> None:
        """Update the numbers and the verdict, a few times a second."""
        while flood is self._flood:
            # During a flood there may be no time to answer.
            with suppress(WebSocketError):
                await flood.update()
            if flood is not self._flood:
                break
            now = time.monotonic()
            self._sent.add(now, flood.sent)
            if isinstance(flood, SendFlood):
                self._read.add(now, flood.read)
            self._recent.append(flood.waiting)
            self._say(*verdict(flood, self._recent, self._limit))
            await asyncio.sleep(UPDATE_SECONDS)

    async def _plot(self, flood: Flood) -> None:
        while flood is self._flood:
            now = time.monotonic()
            if isinstance(flood, ReceiveFlood):
                self._read.add(now, flood.read)
            sent, read = self._sent.per_second / MB, self._read.per_second / MB
            waiting, mark = flood.waiting / MB, flood.options.mark / MB
            self._history.add(Sample(now, sent, read, waiting, mark))
            self._show(sent, read, waiting)
            await asyncio.sleep(SAMPLE_SECONDS)

    # What is shown

    def _show(self, sent: float, read: float, waiting: float) -> None:
        times, sents, reads, waitings, marks = self._history.columns()
        self._rate_plot.show([times, sents, reads], self._rate_top.fit(sents, reads))
        self._buffer_plot.show([times, waitings, marks], self._buffer_top.fit(waitings, marks))
        for id, value in (("sender-rate", sent), ("reader-rate", read), ("waiting-size", waiting)):
            set_text(element(id), words.figure(value))

    def _show_button(self) -> None:
        button = element("flood-button")
        set_text(button, "Stop" if self.running else "Start")
        button.classList.toggle("stop", self.running)

    def _say(self, text: str, tone: str = "") -> None:
        verdict: Any = element("verdict")
        set_text(verdict, text)
        verdict.setAttribute("data-tone", tone)
