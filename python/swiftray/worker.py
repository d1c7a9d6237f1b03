"""What Ray's Python workers run: one function for every Swift function, one class for every kind of actor."""

import asyncio
import os
import sys

from . import calls, hooks, main_actor, signatures, values
from .errors import SwiftRetryableError, SwiftTaskError, marked, thrown
from .library import enter_directory, native

# What Swift's `run` gives back: `(kind, data, refs)`.
VALUE, FAILED, RETRY, CANCELLED, PARTS = 0, 1, 2, 3, 4


def outcome(result):
    """Turns what Swift reports into a result or an exception."""
    kind, data, refs = result[0], result[1], result[2]
    if kind == VALUE:
        return _encoded(data, refs)
    if kind == PARTS:
        return tuple(_encoded(part, refs) for part in data)
    if kind == CANCELLED:
        raise KeyboardInterrupt
    raise SwiftRetryableError(*data) if kind == RETRY else thrown(*data)


def _encoded(data, refs):
    return values.Encoded(data, refs) if hooks.installed else values.decode(data)


def _arguments(payload, rest):
    """`(payload, values, the object to borrow through)`. Raw arguments are read in place; whatever else came is translated."""
    outer = None
    if type(payload) is hooks.Raw:
        outer = payload.ref
        payload = values.decode(memoryview(payload.data)[9:])
    for value in rest:
        if outer is None and type(value) is hooks.Raw:
            outer = value.ref
    return payload, tuple(v.data if type(v) is hooks.Raw else values.encode(v) for v in rest), outer


def swift_task(payload, *rest):
    payload, rest, outer = _arguments(payload, rest)
    return outcome(native().run(payload, rest, 0, outer))


def swift_split(payload, *rest):
    payload, rest, outer = _arguments(payload, rest)
    return outcome(native().run_split(payload, rest, 0, outer))


def swift_stream(payload, *rest):
    yield from _stream(*_arguments(payload, rest), 0)


def _stream(payload, rest, outer, instance):
    stream = native().stream_open(payload, rest, instance, outer)
    try:
        while True:
            element = native().stream_next(stream)
            if element is None:
                return
            yield outcome(element)
    finally:
        native().stream_close(stream)


# -- calls from Python: ordinary arguments instead of a frame


def _chosen(kind, candidates, arguments, keywords):
    """`(payload, values, the object to borrow through)`, as `_arguments` gives them."""
    signature, ordered = signatures.choose(candidates, arguments, keywords)
    return calls.frame(kind, signature.name, len(ordered)), tuple(values.encode(value) for value in ordered), None


def _function(name, arguments, keywords):
    return _chosen(calls.FUNCTION, signatures.functions(name), arguments, keywords)


def _method(actor, name, arguments, keywords):
    return _chosen(calls.METHOD, signatures.methods(actor.swift_name, name), arguments, keywords)


def swift_named(name, /, *arguments, **keywords):
    payload, rest, outer = _function(name, arguments, keywords)
    return outcome(native().run(payload, rest, 0, outer))


def swift_stream_named(name, /, *arguments, **keywords):
    yield from _stream(*_function(name, arguments, keywords), 0)


def call_method(actor, name, arguments, keywords):
    payload, rest, outer = _method(actor, name, arguments, keywords)
    return outcome(native().run(payload, rest, actor._instance, outer))


def stream_method(actor, name, arguments, keywords):
    yield from _stream(*_method(actor, name, arguments, keywords), actor._instance)


async def call_method_async(actor, name, arguments, keywords):
    return outcome(await actor._run(*_method(actor, name, arguments, keywords)))


async def stream_method_async(actor, name, arguments, keywords):
    async for element in actor._elements(*_method(actor, name, arguments, keywords)):
        yield element


def _construct(name, arguments, keywords):
    """From a frame when Swift creates the actor, from ordinary arguments when Python does."""
    if arguments and (type(arguments[0]) is hooks.Raw or calls.is_frame(arguments[0])):
        payload, rest, outer = _arguments(arguments[0], arguments[1:])
        return created(native().run(payload, rest, 0, outer))
    found = signatures.actor(name)
    candidate = signatures.Signature(found.name, found.labels, False, {})
    payload, rest, outer = _chosen(calls.CONSTRUCTOR, (candidate,), arguments, keywords)
    result = native().run(payload, rest, 0, outer)
    return result[1] if result[0] == VALUE else outcome(result)


# -- actors


class SwiftActor:
    """A Swift actor whose methods run one after another, or on as many threads as `max_concurrency` says."""

    def __init__(self, *arguments, **keywords):
        self._instance = _construct(self.swift_name, arguments, keywords)

    def _swift_call(self, payload, *rest):
        payload, rest, outer = _arguments(payload, rest)
        return outcome(native().run(payload, rest, self._instance, outer))

    def _swift_split(self, payload, *rest):
        payload, rest, outer = _arguments(payload, rest)
        return outcome(native().run_split(payload, rest, self._instance, outer))

    def _swift_stream(self, payload, *rest):
        yield from _stream(*_arguments(payload, rest), self._instance)


class SwiftAsyncActor:
    """A Swift actor whose methods interleave where they suspend."""

    def __init__(self, *arguments, **keywords):
        self._instance = _construct(self.swift_name, arguments, keywords)

    async def _swift_call(self, payload, *rest):
        return outcome(await self._run(*_arguments(payload, rest)))

    async def _swift_split(self, payload, *rest):
        return outcome(await self._run(*_arguments(payload, rest), native().start_split))

    async def _swift_stream(self, payload, *rest):
        async for element in self._elements(*_arguments(payload, rest)):
            yield element

    async def _elements(self, payload, rest, outer):
        stream = native().stream_open(payload, rest, self._instance, outer)
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

    async def _run(self, payload, rest, outer, start=None):
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        call = (start or native().start)(payload, rest, self._instance, _Answer(loop, future), outer)
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


def created(result):
    if result[0] == VALUE:
        return result[1]
    try:
        return outcome(result)
    except SwiftTaskError as error:
        # Callers of an actor that was never born get the text of this error and nothing else.
        raise marked(error) from None


def setup():
    """Runs once in every Python worker of a job with Swift code, before its first task."""
    hooks.install()
    main_actor.install()
    enter_directory()


def _follow_interrupts():
    """The interrupt of a cancelled task is Swift's cancellation while Swift code runs: Python's own would strike the calls that the
    code makes while it ends."""
    import _thread

    stock = _thread.interrupt_main

    def interrupt_main(*arguments):
        module = sys.modules.get("_swiftray")
        if module is None or not module.interrupt():
            stock(*arguments)

    _thread.interrupt_main = interrupt_main


def start():
    """What a process of a job with Swift code does before anything else."""
    setup()
    _follow_interrupts()


if os.environ.get("SWIFTRAY_WORKER"):
    start()
