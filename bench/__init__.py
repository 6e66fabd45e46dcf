"""The benchmarks: the speed of this package, compared with JavaScript and its peers on the same page.

`./build.sh bench` measures, and writes tables, a plot and the figures; docs/benchmarks.md tells how to
read them.

    plan.py      who is measured (contenders), and what (scenarios and their cases)
    server.py    the server, in a process of its own, with the frames ready beforehand
    frames.py    what the server writes and how it counts what it reads
    pages.py     the harness's page, without the harness's checks
    page/        the page's JavaScript: the reference loops, and what PyScript's start-up provides
    inpage/      the page's Python: the same loops for each Python client
    measure.py   one scenario after the other: sizes the samples, alternates, retries nothing
    results.py   what was measured, as JSON, and its arithmetic: medians and ratios
    targets.py   what is to be reached
    report.py    the tables; plot.py the plot
    floors.py    python -m bench.floors: where the time goes between JavaScript and the package
    sustained.py python -m bench.sustained: what messages that come for minutes cost
"""
