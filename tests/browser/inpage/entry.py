"""Where calls from JavaScript arrive: `serve(method, payload, resolve)`, JSON in and JSON out.

Calls are made one at a time.
"""

import asyncio
import gc
import importlib
import json
import pkgutil
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

from js import harnessProbe
from pyodide.code import eval_code_async

import websocketstream

from .run import HARMLESS, run_scenario
from .watch import Watch

_watch = Watch(harnessProbe)
_serving: set[asyncio.Task[None]] = set()


def serve(method: str, payload: str, resolve: Any) -> None:
    """Start to answer one call; `resolve` gets the answer as JSON."""
    task = asyncio.ensure_future(_serve(method, payload, resolve))
    # The event loop itself holds tasks weakly only.
    _serving.add(task)
    task.add_done_callback(_serving.discard)


async def _serve(method: str, payload: str, resolve: Any) -> None:
    try:
        answer = await _METHODS[method](**json.loads(payload))
    except BaseException:
        answer = {"outcome": "failed", "text": f"harness error\n{traceback.format_exc()}"}
    resolve(json.dumps(answer, default=repr))


async def _prepare(registry: str, **what: str) -> dict[str, Any]:
    """Import all scenarios and what they import, so that none of them is charged for it."""
    module = importlib.import_module(registry)
    if hasattr(module, "prepare"):
        await module.prepare(**what)
    module.all_scenarios()
    if registry != "selfcheck":
        # Also what the package itself imports only when it is needed.
        for part in pkgutil.walk_packages(websocketstream.__path__, "websocketstream."):
            if part.name != "websocketstream._backends.cpython":
                importlib.import_module(part.name)
    # What exists now stays; leaving it out makes the collections after each scenario cheap.
    gc.collect()
    gc.freeze()
    _watch.begin()
    await _watch.settle(limit=2)
    problems = [record for record in _watch.take_records() if record[0] not in HARMLESS]
    return {"outcome": "passed", "problems": problems}


async def _scenario(
    registry: str, name: str, env: dict[str, str], env_class: str, limit: float, settle: float
) -> dict[str, Any]:
    """Run one scenario of a registry, and the checks after it."""
    scenario = importlib.import_module(registry).all_scenarios()[name]
    module, _, attribute = env_class.rpartition(".")
    made = getattr(importlib.import_module(module), attribute)(**env)
    return await run_scenario(scenario, made, limit, settle, _watch)


async def _python(code: str) -> dict[str, Any]:
    """Run any Python; its value comes back as JSON, or as its repr if JSON can't carry it."""
    try:
        value = await eval_code_async(code, {"__name__": "__main__"}, filename="<test>")
    except Exception:
        return {"outcome": "failed", "text": traceback.format_exc()}
    return {"outcome": "passed", "value": value}


_METHODS: dict[str, Callable[..., Awaitable[dict[str, Any]]]] = {
    "prepare": _prepare,
    "scenario": _scenario,
    "python": _python,
}
