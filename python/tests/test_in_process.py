"""Swift in this process, without Ray."""

import copy
import os
import pickle
import signal
import subprocess
import sys
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


def test_calls_of_an_object_take_turns(library):
    """A class needs no locks: two threads in one array would end the process."""
    log = swiftray.new("Log")

    def write():
        for _ in range(5_000):
            log.add("a word that is longer than a small string")

    threads = [threading.Thread(target=write) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert log.count() == 20_000


def test_an_object_is_neither_copied_nor_sent(library):
    log = swiftray.new("Log")
    for attempt in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="swift_actor_class"):
            attempt(log)
    assert log.count() == 0


@pytest.mark.parametrize("code", ["swiftray.call('sleepy', 600_000)", "swiftray.new('Sleeper').sleep(600_000)"])
def test_an_interrupt_ends_a_call(library, code):
    program = f"import swiftray; swiftray.load({library!r}); print('started', flush=True); {code}"
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_environment())
    try:
        assert child.stdout.readline() == "started\n"
        time.sleep(0.5)
        child.send_signal(signal.SIGINT)
        assert "KeyboardInterrupt" in child.communicate(timeout=20)[1]
    finally:
        child.kill()


def test_remote_calls_without_a_cluster_say_what_is_missing(library):
    program = f"import swiftray; swiftray.load({library!r}); swiftray.call('delegated', 1)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, env=_environment())
    assert "swiftray.init()" in done.stderr


def _environment():
    return {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(swiftray.__file__))}
