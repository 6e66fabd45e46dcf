"""What a browser's processes use, on Linux."""

import os
import resource
from collections.abc import Callable
from pathlib import Path


def descendants(pid: int) -> list[int]:
    """The processes that a process has started, and theirs."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # It has ended meanwhile.
            continue
        parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = list(parents.get(pid, ()))
    for child in found:
        found += parents.get(child, ())
    return found


def cpu(pid: int) -> float:
    """The microseconds of CPU time that the main thread of a process has used."""
    try:
        return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1000
    except OSError:
        return 0.0


def memory(pid: int) -> int:
    """The bytes of memory that a process has."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()


def busiest(work: Callable[[], object]) -> tuple[int, float]:
    """The process below this one whose main thread works most meanwhile, and its CPU time."""
    before = {pid: cpu(pid) for pid in descendants(os.getpid())}
    work()
    used = {pid: cpu(pid) - begun for pid, begun in before.items()}
    pid = max(used, key=lambda found: used[found])
    return pid, used[pid]
