"""Jobs side by side on daemon threads: whatever hangs, the caller goes on when the deadline has passed.

A ThreadPoolExecutor would be joined when the interpreter exits, and so would hang with a resolver that hangs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from csi_probe.deadline import Deadline

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """A finished job: its value, or None and the error that it raised; `seconds` it took."""

    name: str
    value: T | None
    error: Exception | None
    seconds: float


def gather(
    jobs: Mapping[str, Callable[[], T]], concurrency: int, deadline: Deadline, tell: Callable[[Done[T]], None]
) -> dict[str, Done[T]]:
    """Run the jobs, at most `concurrency` at once; `tell` each one that is done. Those that are late are left out."""
    waiting: SimpleQueue[tuple[str, Callable[[], T]]] = SimpleQueue()
    finished: SimpleQueue[Done[T]] = SimpleQueue()
    for job in jobs.items():
        waiting.put(job)
    for _ in range(min(concurrency, len(jobs))):
        threading.Thread(target=_work, args=(waiting, finished), daemon=True).start()
    done: dict[str, Done[T]] = {}
    while len(done) < len(jobs):
        try:
            result = finished.get(timeout=deadline.left(threading.TIMEOUT_MAX))
        except Empty:
            break
        done[result.name] = result
        tell(result)
    return done


def _work(waiting: SimpleQueue[tuple[str, Callable[[], T]]], finished: SimpleQueue[Done[T]]) -> None:
    while True:
        try:
            name, job = waiting.get_nowait()
        except Empty:
            return
        start = time.monotonic()
        value, failure = None, None
        try:
            value = job()
        except Exception as error:  # noqa: BLE001  (a defect in one job must not cost the others' results)
            failure = error
        finished.put(Done(name, value, failure, time.monotonic() - start))
