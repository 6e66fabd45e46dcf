"""``python -m bench.floors``: the cost of a call from JavaScript into Python, plain and suspendable.

An event is passed to and fro between the two ends of a ``MessageChannel``: one end is JavaScript's own,
the other calls an empty function of Python's. Printed are microseconds for each event: the time, and on
Linux the CPU time of the page's thread, which other work on the machine changes less. It is the floor
for a client that Python awaits; see "Where the time goes" in docs/benchmarks.md.
"""

import argparse
import json
from statistics import median

from tests.browser.cells import BACKENDS, PageSpec, pyodide_versions
from tests.browser.pages import Page, page_pool

from .processes import busiest

EVENTS = 3000
KINDS = {"plain call": "js_proxy", "callPromising": "js_proxy.callPromising.bind(js_proxy)"}

CODE = """
import js
from time import perf_counter
from pyodide.ffi import create_proxy

async def events(kind, count):
    js_channel = js.MessageChannel.new()
    js_near, js_far = js_channel.port1, js_channel.port2
    js_far.onmessage = js_far.postMessage.bind(js_far, None)
    js_post = js_near.postMessage.bind(js_near, None)
    js_done = js.Promise.withResolvers()
    left = count

    def arrived(_event):
        nonlocal left
        left -= 1
        (js_post if left else js_done.resolve)()

    js_proxy = create_proxy(arrived)
    js_near.onmessage = eval(kind)
    begun = perf_counter()
    js_post()
    await js_done.promise
    taken = perf_counter() - begun
    js_near.close()
    js_proxy.destroy()
    return taken / count * 1e6

"""


def measure(page: Page, kind: str) -> tuple[float, float]:
    """Time and CPU time of one event; the CPU time is that of the busiest process."""
    taken = 0.0

    def run() -> None:
        nonlocal taken
        taken = float(page.run_async(f"{CODE}await events({json.dumps(KINDS[kind])}, {EVENTS})"))

    _, used = busiest(run)
    return taken, used / EVENTS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine", nargs="*", default=["chromium", "firefox"], help=", ".join(BACKENDS))
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    for engine in options.engine:
        with page_pool() as pool:
            page = pool.get(PageSpec(engine, "main", pyodide_versions()[0]))
            for kind in KINDS:
                measure(page, kind)  # Compiled by the time that it counts.
            rounds = [{kind: measure(page, kind) for kind in KINDS} for _ in range(options.rounds)]
        for kind in KINDS:
            taken, used = (
                median(values) for values in zip(*(found[kind] for found in rounds), strict=True)
            )
            print(f"{engine}: {kind}: {taken:.0f} µs, of which {used:.0f} µs of CPU time")


if __name__ == "__main__":
    main()
