"""What happens while it works, on stderr; nothing where stderr is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A spinner with the latest words; calls may come from any thread."""
    if quiet or not sys.stderr.isatty():
        yield lambda _words: None
        return
    from rich.console import Console  # noqa: PLC0415  (a timer's run has no terminal and needs none of it)
    from rich.text import Text  # noqa: PLC0415

    with Console(stderr=True).status("starting") as status:
        yield lambda words: status.update(Text(words))
