"""Thousands of calls of all kinds leave nothing behind; `soak.py` does the same with millions."""

import apps
import pytest
import soak


@pytest.mark.parametrize("lane, calls", [("auto", 30_000), ("python", 15_000)])
def test_calls_leave_nothing_behind(lane, calls):
    marks = soak.run(apps.build(), calls, lane)
    said = "\n".join(map(str, [soak.HEADING, *marks]))
    print(said)
    assert len(marks) == 20
    assert marks[-1].calls >= calls
    # One actor and the handful of references that are on their way at any moment.
    assert max(mark.references for mark in marks) <= 5, said
    # Not 1 KiB per call: the smallest thing that could be forgotten, with room for a heap that breathes.
    assert soak.growth(marks, "driver") < calls * 0.8 / 1024, said
    assert soak.growth(marks, "workers") < calls * 0.8 / 512 + 32, said
