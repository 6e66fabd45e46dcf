"""The Python part of the live examples: runs each as a notebook runs a cell."""

import sys
import traceback
import warnings

from pyodide.code import eval_code_async

NAME = "example.py"

warnings.simplefilter("always")


async def run(code: str) -> list[str]:
    """Return "done" and the value of the last line, or "failed" and the traceback."""
    try:
        value = await eval_code_async(code, {"__name__": "__main__"}, filename=NAME)
    except BaseException as error:
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename != NAME:
            trace = trace.tb_next
        lines = traceback.format_exception(error.with_traceback(trace))
        return ["failed", "".join(lines).rstrip()]
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return ["done", "" if value is None else repr(value)]
