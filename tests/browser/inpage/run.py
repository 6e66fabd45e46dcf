"""Run one scenario in the page and judge it: passed, failed or skipped."""

import asyncio
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .watch import Watch, describe_task

HARNESS = str(Path(__file__).parent)

# Printing is no fault; everything else that is recorded is one.
HARMLESS = ("stdout",)


async def run_scenario(
    scenario: Any, env: Any, limit: float, settle: float, watch: Watch
) -> dict[str, Any]:
    """Run the scenario, then the checks.

    The answer has `outcome` ("passed", "failed" or "skipped"), `text` (why it failed), `reason` (why
    it was skipped), `output` (what it printed), `figures` (what it measured), `seconds`, and `clean`:
    whether the page is fit for the next scenario.
    """
    problems = [
        f"after the end of an earlier scenario: {kind}: {text}"
        for kind, text in watch.take_records()
        if kind not in HARMLESS
    ]
    watch.begin()
    begun = time.monotonic()
    answer = await _run(scenario, env, limit)
    answer["seconds"] = time.monotonic() - begun
    answer["figures"] = getattr(env, "figures", {})

    left = await watch.settle(settle)
    records = watch.take_records()
    expected = [*getattr(scenario, "expects", ()), *getattr(env, "expects", ())]
    problems += [*left, *_unexpected(records, expected)]
    answer["output"] = "\n".join(text for kind, text in records if kind in HARMLESS)
    if problems:
        first = [answer["text"]] if answer["outcome"] == "failed" else []
        answer |= {"outcome": "failed", "text": "\n\n".join([*first, *problems])}
    timed_out = answer.pop("timed_out", False)
    answer["clean"] = not timed_out and (not left or await watch.clear())
    return answer


async def _run(scenario: Any, env: Any, limit: float) -> dict[str, Any]:
    before = asyncio.all_tasks()
    task = asyncio.create_task(_judge(scenario, env), name=f"scenario {scenario.name}")
    await asyncio.wait([task], timeout=limit)
    if task.done():
        return task.result()
    tasks = "\n".join(describe_task(left) for left in asyncio.all_tasks() - before)
    task.cancel()
    await asyncio.wait([task], timeout=1)
    return {
        "outcome": "failed",
        "text": f"not finished after {limit:g} s. Where its tasks stood:\n{tasks}",
        "timed_out": True,
    }


async def _judge(scenario: Any, env: Any) -> dict[str, Any]:
    try:
        await scenario.run(env)
    except BaseException as error:
        # Skip is recognised by name: each registry brings its own class.
        if type(error).__name__ == "Skip":
            answer = {"outcome": "skipped", "reason": str(error)}
        else:
            answer = {"outcome": "failed", "text": _explain(error)}
        # The frames hold what the scenario was working with; the checks have to see it gone.
        for part in _family(error):
            traceback.clear_frames(part.__traceback__)
            part.__traceback__ = None
        return answer
    return {"outcome": "passed"}


def _explain(error: BaseException) -> str:
    """The traceback, and the variables of the function of the scenario that failed."""
    lines = traceback.format_exception(error)
    innermost = None
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if not frame.f_code.co_filename.startswith(HARNESS) and "/bundle/" in (frame.f_code.co_filename):
            innermost = frame
    if innermost is not None:
        lines.append("Where\n")
        lines += [f"  {name} = {repr(value)[:300]}\n" for name, value in innermost.f_locals.items()]
    return "".join(lines)


def _family(error: BaseException) -> Iterator[BaseException]:
    """The exception and all that it was raised from or made of."""
    queue, seen = [error], set()
    while queue:
        part = queue.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        queue += [other for other in (part.__cause__, part.__context__) if other]
        queue += getattr(part, "exceptions", ())


def _unexpected(records: list[tuple[str, str]], expected: list[str]) -> Iterator[str]:
    for kind, text in records:
        line = f"{kind}: {text}"
        if kind not in HARMLESS and not any(part in line for part in expected):
            yield f"in the console: {line}"
