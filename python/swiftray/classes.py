"""Python classes that stand for Swift's actor classes: each has a method for every Swift method, so that their handles are
ordinary handles of Ray in every process."""

import functools

import ray

from . import signatures, values, worker


@functools.lru_cache(maxsize=None)
def remote_class(name):
    """The remote class of the Swift actor class of that name, which this process must have."""
    found = signatures.actor(name)
    return _make(found.name, found.is_concurrent, _streams(found.methods))


@functools.lru_cache(maxsize=None)
def known_class(name, is_concurrent):
    """The remote class for a name that Swift gives; without methods of its own where the process does not know it."""
    try:
        return remote_class(name)
    except (LookupError, RuntimeError, OSError):
        return _make(name, is_concurrent, ())


def _streams(methods):
    """`(base name, whether it streams)`; of overloads the first one says."""
    found = {}
    for each in methods:
        found.setdefault(signatures.base_name(each.name), each.streams)
    return tuple(found.items())


def _make(name, is_concurrent, methods):
    base = worker.SwiftAsyncActor if is_concurrent else worker.SwiftActor
    module = values.SWIFT_ASYNC_MODULE if is_concurrent else values.SWIFT_MODULE
    members = {"__module__": module, "swift_name": name}
    for method, streams in methods:
        if not hasattr(base, method):
            members[method] = _method(method, streams, is_concurrent)
    return ray.remote(type(name, (base,), members))


def _method(name, streams, is_concurrent):
    if streams and is_concurrent:

        async def method(self, /, *arguments, **keywords):
            async for element in worker.stream_method_async(self, name, arguments, keywords):
                yield element

    elif streams:

        def method(self, /, *arguments, **keywords):
            yield from worker.stream_method(self, name, arguments, keywords)

    elif is_concurrent:

        async def method(self, /, *arguments, **keywords):
            return await worker.call_method_async(self, name, arguments, keywords)

    else:

        def method(self, /, *arguments, **keywords):
            return worker.call_method(self, name, arguments, keywords)

    method.__name__ = name
    return method
