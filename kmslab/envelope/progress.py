"""How far it is: a bar, the caller's own function, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: What callers give: True for a bar, or a function of the bytes done and the bytes in all.
Progress = bool | Callable[[int, int], object]

#: What the work is given: a function of the bytes done since it was last called.
Advance = Callable[[int], object]


@contextmanager
def reporting(progress: Progress, total: int, label: str) -> Iterator[Advance]:
    """Turn what callers give into what the work is given.

    Args:
        progress: True, False or a function.
        total: Bytes in all; 0 when that is not known, as for a pipe.
        label: What stands before the bar.
    """
    if callable(progress):
        done = 0

        def advance(count: int) -> None:
            nonlocal done
            done += count
            progress(done, max(done, total))

        yield advance
    elif progress:
        # Here, because it takes a while to load and most calls do without.
        from tqdm.auto import tqdm

        with tqdm(total=total, desc=label, unit="B", unit_scale=True, unit_divisor=1024, leave=True) as bar:
            yield bar.update
    else:
        yield lambda _: None
