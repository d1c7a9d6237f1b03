"""Swift in this process, without Ray."""

import os
import threading
import time

import numpy
import pytest
import swiftray


def test_functions_run_here(library):
    assert swiftray.call("TwoLanguages.add", 2, 3) == 5
    assert swiftray.call("process") == os.getpid()
    assert swiftray.call("describe", "tea", count=2) == "2 x tea"
    assert swiftray.call("nothing") is None


def test_values_cross(library):
    value = {"a": [1, 2.5, "x", None], "b": b"\x00"}
    assert swiftray.call("echo", value) == value
    assert swiftray.call("total", numpy.arange(10.0)) == 45
    assert swiftray.call("pair", 3) == [3, "number 3"]


def test_async_functions_are_waited_for_and_let_other_threads_run(library):
    started = time.monotonic()
    threads = [threading.Thread(target=swiftray.call, args=("sleepy", 300)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - started < 0.85


def test_streams_are_iterators(library):
    assert list(swiftray.call("countdown", 3)) == [3, 2, 1]


def test_errors_are_typed(library):
    with pytest.raises(swiftray.swift_error("TwoLanguages.OutOfStock"), match="^out of stock: tea$"):
        swiftray.call("buy", "tea")
    with pytest.raises(LookupError, match="did you mean"):
        swiftray.call("ad")
    with pytest.raises(swiftray.SwiftTaskError, match="takes 2 arguments"):
        swiftray.call("add", 1)


def test_instances_keep_state_until_they_are_closed(library):
    with swiftray.new("Counter", 1, step=2) as counter:
        assert counter.add(3) == 5
        assert counter.value() == 5
        assert counter.clear() is None
        assert list(counter.upTo(2)) == [0, 1]
        with pytest.raises(swiftray.SwiftTaskError):
            counter.fail("milk")
        with pytest.raises(AttributeError, match="add"):
            counter.ad
    with pytest.raises(RuntimeError, match="closed"):
        counter.value()
    counter.close()


def test_initializers_may_throw(library):
    with pytest.raises(swiftray.swift_error("TwoLanguages.OutOfStock")):
        swiftray.new("Broken", "nothing")
