"""Transports that raise, say nothing or say it twice: whatever they do, the connection ends."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.bench import FAKE_URL, Bench, connection_on, raised_by, turn
from tests.worlds.virtual_time import in_virtual_time
from websocketstream import DOMException, InvalidStateError, WebSocketError, WebSocketStream
from websocketstream._core.promise import Promise
from websocketstream._core.timer import Timer
from websocketstream._core.transport import Guard
from websocketstream.testing import FakeAbortController, FakeBackend, FakePeer

LIMIT = 1.0
"""Each of the time limits of a connection, in seconds."""

TRANSPORT = (
    "receive_backpressure",
    "buffered_amount",
    "watch_buffer",
    "send",
    "pause_reading",
    "resume_reading",
    "call_soon",
    "discard",
    "close",
    "abandon",
)
BACKEND = ("call_later", "cancel timer", "watch_abort", "stop watching", "abort_reason")
HARMLESS = ("call_soon", "stop watching")
"""What the connection goes on without."""

EVENTS = ("connected", "received", "drained", "disconnected")

STEPS = (
    "write",
    "write much",
    "read",
    "close",
    "close writable",
    "abort writable",
    "cancel readable",
    "abort signal",
    "look",
    "server sends",
    "server sends much",
    "server closes",
    "server drops",
    "server pauses",
    "server resumes",
    "turn",
    "turn",
    "wait",
    *EVENTS,
)


class LieError(Exception):
    """What a lying transport raises."""


class Liar:
    """Wraps an object; what ``plan`` names raises from its n-th use on, or happens not, or twice."""

    def __init__(self, wrapped: Any, plan: "Plan") -> None:
        self._wrapped = wrapped
        self._plan = plan

    def __getattr__(self, name: str) -> Any:
        plan = self._plan
        if name in plan.events:
            return lambda *args, **named: [
                getattr(self._wrapped, name)(*args, **named) for _ in range(plan.events[name])
            ]
        if name not in TRANSPORT:
            return getattr(self._wrapped, name)
        if not callable(getattr(self._wrapped, name)):
            plan.use(name)
            return getattr(self._wrapped, name)
        return plan.lying(name, getattr(self._wrapped, name))


class Plan:
    """What goes wrong: the uses after which a member raises, and how often each event comes."""

    def __init__(self, faults: dict[str, int], events: dict[str, int]) -> None:
        self.faults = dict(faults)
        self.events = events
        self.stream: WebSocketStream | None = None
        self.struck: list[str] = []
        """What has raised while the connection had not ended, apart from what is no fault of it."""

    def use(self, name: str) -> None:
        left = self.faults.get(name)
        if left:
            self.faults[name] = left - 1
        elif left == 0:
            ended = self.stream is None or self.stream._connection.state.value == "closed"
            if not ended and name not in HARMLESS:
                self.struck.append(name)
            raise LieError(name)

    def lying(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            self.use(name)
            return function(*args)

        return call


class LyingBackend(FakeBackend):
    """A fake network whose transports, timers and signals do what the plan says."""

    def __init__(self, handler: Any, plan: Plan, *, receive_backpressure: bool) -> None:
        super().__init__(handler, receive_backpressure=receive_backpressure)
        self.plan = plan

    def connect(self, url: Any, protocols: Any, events: Any, headers: Any = ()) -> Any:
        return Liar(super().connect(url, protocols, Liar(events, self.plan), headers), self.plan)

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        self.plan.use("call_later")
        return self.plan.lying("cancel timer", super().call_later(seconds, callback))

    def watch_abort(self, signal: Any, callback: Callable[[], None]) -> Callable[[], None]:
        self.plan.use("watch_abort")
        return self.plan.lying("stop watching", super().watch_abort(signal, callback))

    def abort_reason(self, signal: Any) -> tuple[bool, object]:
        self.plan.use("abort_reason")
        return super().abort_reason(signal)


class Life:
    """One connection, and everything that a program may await of it."""

    def __init__(self, plan: Plan, *, receive_backpressure: bool) -> None:
        self.plan = plan
        self.awaited: list[Any] = []
        self.controller = FakeAbortController()
        self.backend = LyingBackend(self._serve, plan, receive_backpressure=receive_backpressure)
        self.stream = WebSocketStream(
            FAKE_URL,
            backend=self.backend,
            signal=self.controller.signal,
            high_water_mark=64,
            send_high_water_mark=64,
            open_timeout=LIMIT,
            close_timeout=LIMIT,
            idle_timeout=LIMIT,
        )
        plan.stream = self.stream

    async def _serve(self, peer: FakePeer) -> None:
        async for _ in peer:  # Which accepts first.
            pass

    def do(self, step: str) -> None:
        stream, connection, peer = self.stream, self.stream._connection, self.backend.peers[0]
        match step:
            case "write" | "write much":
                with suppress(InvalidStateError, WebSocketError):
                    self.awaited.append(connection.write("x" * (100 if "much" in step else 1)))
            case "read":
                self.awaited.append(asyncio.ensure_future(connection.incoming.read()))
            case "close":
                stream.close(4000, "done")
            case "close writable":
                self.awaited.append(connection.close_writable())
            case "abort writable":
                self.awaited.append(connection.abort_writable(None))
            case "cancel readable":
                self.awaited.append(connection.cancel_readable(None))
            case "abort signal":
                self.controller.abort("changed my mind")
            case "look":
                assert (connection.desired_size or 0) <= 64
                assert stream._repr_html_()
            case "server sends" | "server sends much":
                with suppress(ConnectionError):
                    sent = peer.send("y" * (100 if "much" in step else 1))
                    self.awaited.append(asyncio.ensure_future(self._taken(sent)))
            case "server closes":
                peer.close(1000, "bye")
            case "server drops":
                peer.drop()
            case "server pauses":
                peer.pause()
            case "server resumes":
                peer.resume()
            case "connected":
                connection.connected("", "")
            case "received":
                connection.received(["z"])
            case "drained":
                connection.drained()
            case "disconnected":
                connection.disconnected(1000, "", clean=True)

    async def _taken(self, sent: Any) -> None:
        with suppress(ConnectionError):
            await sent

    async def play(self, steps: list[str]) -> None:
        self.said_it_ended = "disconnected" in steps
        for step in steps:
            if step == "turn":
                await turn(3)
            elif step == "wait":
                await asyncio.sleep(LIMIT * 0.6)
            else:
                self.do(step)
        self.stream.close()
        await self.must_have_ended()

    async def must_have_ended(self) -> None:
        connection = self.stream._connection
        named: list[Promise[Any]] = [
            self.stream.opened, self.stream.closed, connection.writable_closed, connection.outgoing.ready
        ]  # fmt: skip
        reading = asyncio.ensure_future(self._read_all())
        async with asyncio.timeout(20 * LIMIT):  # The time limit starts again while bytes go out.
            outcomes = await asyncio.gather(*named, *self.awaited, reading, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                assert isinstance(outcome, DOMException), outcome
        if self.plan.struck:
            error = self.stream.closed.exception()
            assert isinstance(error, WebSocketError), (error, self.plan.struck)
            assert isinstance(error.__cause__, LieError), (error, self.plan.struck)
            assert str(error).endswith(f"LieError: {self.plan.struck[0]}")
        # A transport that has reported its end is not asked to end.
        assert self.backend.peers[0].closed or self.said_it_ended or "abandon" in self.plan.faults

    async def _read_all(self) -> None:
        buffer = self.stream._connection.incoming
        while not (await buffer.read()).done:
            pass


@pytest.mark.filterwarnings("ignore::websocketstream.ReceiveBufferWarning")
@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    faults=st.dictionaries(st.sampled_from(TRANSPORT + BACKEND), st.integers(0, 4), max_size=3),
    events=st.dictionaries(st.sampled_from(EVENTS), st.sampled_from((0, 2)), max_size=2),
    receive_backpressure=st.booleans(),
    steps=st.lists(st.sampled_from(STEPS), max_size=25),
)
def test_whatever_it_does_the_connection_ends(
    faults: dict[str, int], events: dict[str, int], receive_backpressure: bool, steps: list[str]
) -> None:
    """Everything that can be awaited is settled in time, and the error says what was raised."""
    complaints: list[Any] = []

    @in_virtual_time
    async def live() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: complaints.append(context.get("exception")))
        plan = Plan(faults, events)
        try:
            life = Life(plan, receive_backpressure=receive_backpressure)
        except LieError:
            return  # Nothing was connected yet, so there is nothing to end.
        await life.play(steps)
        await turn(5)
        plan.faults.clear()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert not others or life.said_it_ended or "abandon" in faults, others

    live()
    assert all(isinstance(complaint, LieError) for complaint in complaints), complaints


class EndsAtOnce(Bench):
    """Against the rules of a back end: it reports the end in the very call that connects."""

    def connect(self, url: Any, protocols: Any, events: Any, headers: Any = ()) -> Any:
        rig = super().connect(url, protocols, events, headers)
        rig.end(1006, clean=False)
        return rig


async def test_ends_while_it_connects() -> None:
    """A transport that has ended before it is known is released all the same."""
    bench = EndsAtOnce()
    connection = connection_on(bench, opened=False)
    assert isinstance(await raised_by(connection.opened), WebSocketError)
    assert bench.rig.asked == ["abandon"]
    assert bench.timers == []


async def test_timer_that_cannot_be_cancelled() -> None:
    """A timer that expires after the end does nothing."""
    plan = Plan({"cancel timer": 0}, {})
    expired: list[bool] = []
    timer = Timer(LyingBackend(None, plan, receive_backpressure=True).call_later, Guard(lambda _: None))
    timer.set(0, lambda: expired.append(True))
    timer.close()
    await asyncio.sleep(0.01)
    assert expired == []


async def test_connected_after_the_end() -> None:
    """A late or second "open" changes nothing."""
    connection = connection_on(bench := Bench())
    bench.rig.end(1000)
    connection.connected("", "")
    assert connection.state.value == "closed"


async def test_interrupts_are_not_caught() -> None:
    """What is no Exception, such as KeyboardInterrupt, passes through."""
    connection = connection_on(bench := Bench())

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    bench.rig.close = interrupt  # type: ignore
    with pytest.raises(KeyboardInterrupt):
        connection.close()


async def test_send_that_raises() -> None:
    """A write that the transport can't carry out raises, and so does everything after it."""
    connection = connection_on(bench := Bench())

    def fail(*_: object) -> None:
        raise LieError

    bench.rig.send = fail  # type: ignore
    with pytest.raises(WebSocketError, match="LieError") as raised:
        connection.write("message")
    assert isinstance(raised.value.__cause__, LieError)
    assert bench.rig.asked[-1] == "abandon"
    assert connection.closed.exception() is raised.value
    assert connection.messages_sent == 0


async def test_call_soon_that_raises() -> None:
    """A reader is resumed by asyncio if the transport's `call_soon` raises."""
    connection = connection_on(Bench())

    def fail(*_: object) -> None:
        raise LieError

    connection.incoming.call_soon = fail
    reading = asyncio.ensure_future(connection.incoming.read())
    await turn()
    connection.received(["message"])
    assert (await reading).value == "message"


async def test_callback_that_raises() -> None:
    """A callback of a promise that raises is reported, and keeps no other one from being called."""
    complaints: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    promise: Promise[None] = Promise()
    called: list[bool] = []

    def fail() -> None:
        raise LieError

    promise.when_settled(fail)
    promise.when_settled(lambda: called.append(True))
    promise.resolve(None)
    assert called == [True]
    assert isinstance(complaints[0]["exception"], LieError)
