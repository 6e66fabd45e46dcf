"""The cross-browser test matrix: every scenario in every real engine.

Words used throughout:

- an *engine* is a browser: chromium, firefox or webkit;
- a *page* is one browser with one Pyodide in it: engine, thread (`main`, `worker`, or `main+csp`
  for a page under a strict Content-Security-Policy) and Pyodide version;
- a *cell* is a page and a back end. Chromium pages carry two cells, `native` and `polyfill`.

Starting a browser and Pyodide takes seconds and running a scenario milliseconds, so each page is
started once per run and serves all the tests of its cells, one after the other. It is started again
only after a scenario that did not end, or that took the tab with it.

To try one cell, one scenario, or both (the options may be repeated):

    pytest tests/browser --engine firefox --thread worker --pyodide 314.0.7
    pytest tests/browser --engine chromium --backend native -k close_flushes

With pytest-xdist, `-n 2 --dist loadgroup` runs two pages at a time.

    cells.py         the vocabulary above, and the choice made on the command line
    engines.py       which engines this machine has
    drivers.py       starts them through selenium, under supervise.py, which leaves no process behind
    trust.py         which certificates the browsers accept
    runners.py       the same for pytest-pyodide's fixtures and `@run_in_pyodide`
    runtimes.py      Node, Deno and Bun in the place of a browser, for tests/environments
    webserver.py     serves Pyodide, the pages in page/ and the code in bundle.py
    pages.py         a page that is ready to run scenarios; restarts after a crash
    inpage/          Python that runs in the page: one scenario, then the checks after it
    selfcheck.py     scenarios that misbehave on purpose, to prove that the checks see it
    expectations.py  which skips are expected, from expected_skips.toml
    matrix.py        the table at the end of a run, also as JSON
    plugin.py        pytest options and hooks

The checks after each scenario: no proxy, no held JavaScript object, no object of the package, no
task and no timer is left, and nothing was said in the console, on stderr, by `warnings`, by the event
loop's exception handler or by `sys.unraisablehook`, unless the scenario expects it.
"""
