"""Swift's main actor in a worker whose first thread runs Ray's own loop."""

import _thread
import signal
import sys
import threading

# Nobody sends it, and it does nothing where it is not handled.
_SIGNAL = getattr(signal, "SIGURG", None)

_send = _thread.interrupt_main


def install():
    """Only the first thread may handle signals, and only there the main actor runs."""
    if _SIGNAL is not None and threading.current_thread() is threading.main_thread():
        signal.signal(_SIGNAL, _run)


def interrupt():
    """Makes the first thread look after the main actor; Ray lets Python handle signals there a hundred times a second."""
    if _SIGNAL is not None and signal.getsignal(_SIGNAL) is _run:
        _send(_SIGNAL)


def _run(number, frame):
    sys.modules["_swiftray"].main_queue()
