"""What Ray's Python workers run: one function for every Swift function, one class for every kind of actor."""

import asyncio
import os
import sys

from . import hooks, values
from .errors import SwiftRetryableError, SwiftTaskError
from .library import native

# What Swift's `run` gives back: `(kind, data, refs)`.
_VALUE, _FAILED, _RETRY, _CANCELLED, _PARTS = 0, 1, 2, 3, 4


def outcome(result):
    """Turns what Swift reports into a result or an exception."""
    kind, data, refs = result[0], result[1], result[2]
    if kind == _VALUE:
        return _encoded(data, refs)
    if kind == _PARTS:
        return tuple(_encoded(part, refs) for part in data)
    if kind == _CANCELLED:
        raise KeyboardInterrupt
    raise (SwiftRetryableError if kind == _RETRY else SwiftTaskError)(*data)


def _encoded(data, refs):
    return values.Encoded(data, refs) if hooks.installed else values.decode(data)


def _arguments(payload, rest):
    """Swift reads raw arguments in place; whatever else came is translated."""
    if type(payload) is hooks.Raw:
        payload = values.decode(memoryview(payload.data)[9:])
    return payload, tuple(v.data if type(v) is hooks.Raw else values.encode(v) for v in rest)


def swift_task(payload, *rest):
    payload, rest = _arguments(payload, rest)
    return outcome(native().run(payload, rest, 0))


def swift_split(payload, *rest):
    payload, rest = _arguments(payload, rest)
    return outcome(native().run_split(payload, rest, 0))


def swift_stream(payload, *rest):
    payload, rest = _arguments(payload, rest)
    yield from _stream(payload, rest, 0)


def _stream(payload, rest, instance):
    stream = native().stream_open(payload, rest, instance)
    try:
        while True:
            element = native().stream_next(stream)
            if element is None:
                return
            yield outcome(element)
    finally:
        native().stream_close(stream)


class SwiftActor:
    """A Swift actor whose methods run one after another, or on as many threads as `max_concurrency` says."""

    def __init__(self, payload, *rest):
        self._instance = _created(native().run(*_arguments(payload, rest), 0))

    def call(self, payload, *rest):
        return outcome(native().run(*_arguments(payload, rest), self._instance))

    def split(self, payload, *rest):
        return outcome(native().run_split(*_arguments(payload, rest), self._instance))

    def stream(self, payload, *rest):
        yield from _stream(*_arguments(payload, rest), self._instance)


class SwiftAsyncActor:
    """A Swift actor whose methods interleave where they suspend."""

    def __init__(self, payload, *rest):
        self._instance = _created(native().run(*_arguments(payload, rest), 0))

    async def call(self, payload, *rest):
        return outcome(await self._run(*_arguments(payload, rest)))

    async def split(self, payload, *rest):
        return outcome(await self._run(*_arguments(payload, rest), native().start_split))

    async def stream(self, payload, *rest):
        stream = native().stream_open(*_arguments(payload, rest), self._instance)
        try:
            while True:
                loop = asyncio.get_running_loop()
                future = loop.create_future()
                native().stream_next_async(stream, _Answer(loop, future))
                element = await future
                if element is None:
                    return
                yield outcome(element)
        finally:
            native().stream_close(stream)

    async def _run(self, payload, rest, start=None):
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        call = (start or native().start)(payload, rest, self._instance, _Answer(loop, future))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            native().cancel(call)
            await future
            raise
        finally:
            native().free(call)


class _Answer:
    """Called by Swift, from a thread of its own, when a call has ended."""

    __slots__ = ("loop", "future")

    def __init__(self, loop, future):
        self.loop = loop
        self.future = future

    def __call__(self, result):
        self.loop.call_soon_threadsafe(self._set, result)

    def _set(self, result):
        if not self.future.done():
            self.future.set_result(result)


def _created(result):
    if result[0] == _VALUE:
        return result[1]
    return outcome(result)


def setup():
    """Runs once in every Python worker of a job with Swift code, before its first task."""
    hooks.install()


def _follow_interrupts():
    """A cancelled task's interrupt reaches Swift at once; Python sees its own when Swift has returned."""
    import _thread

    stock = _thread.interrupt_main

    def interrupt_main(*arguments):
        module = sys.modules.get("_swiftray")
        if module is not None:
            module.interrupt()
        stock(*arguments)

    _thread.interrupt_main = interrupt_main


if os.environ.get("SWIFTRAY_WORKER"):
    setup()
    _follow_interrupts()
