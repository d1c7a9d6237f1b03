"""Cancels again what was on its way.

Ray loses a cancellation that reaches the worker before the call does (seen with 2.60): the worker says that no such call runs, and
then runs it. So a call that has not ended soon after is cancelled once more, and again after a while for the sake of slow machines.
"""

import heapq
import itertools
import threading
import time

import ray

# Seconds after the cancellation.
_PAUSES = (0.3, 2.0)


class _Again:
    """A thread that starts with the first cancellation, and stops with the connection."""

    def __init__(self):
        self._change = threading.Condition()
        self._due = []
        self._number = itertools.count()
        self._thread = None

    def add(self, ref, force, recursive):
        now = time.monotonic()
        with self._change:
            for pause in _PAUSES:
                heapq.heappush(self._due, (now + pause, next(self._number), ref, force, recursive))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="swiftray-cancel", daemon=True)
                self._thread.start()
            self._change.notify()

    def stop(self):
        with self._change:
            self._due.clear()
            thread, self._thread = self._thread, None
            self._change.notify()
        if thread is not None:
            thread.join()

    def _is_wanted(self):
        return self._thread is threading.current_thread()

    def _run(self):
        while True:
            with self._change:
                while self._is_wanted() and (not self._due or self._due[0][0] > time.monotonic()):
                    self._change.wait(self._due[0][0] - time.monotonic() if self._due else None)
                if not self._is_wanted():
                    return
                _, _, ref, force, recursive = heapq.heappop(self._due)
            _repeat(ref, force, recursive)
            del ref


def _repeat(ref, force, recursive):
    try:
        if not ray.wait([ref], timeout=0, fetch_local=False)[0]:
            ray.cancel(ref, force=force, recursive=recursive)
    except Exception:
        # The connection ends, or the call has ended between the two lines.
        return


_again = _Again()
repeat = _again.add
stop = _again.stop
