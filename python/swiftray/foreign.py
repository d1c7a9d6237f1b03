"""Python functions and classes that Swift calls on the cluster."""

import asyncio
import contextlib
import functools
import inspect

import ray

from . import calls
from .errors import Refused
from .names import arranged, find, split_labels


# -- tasks


def as_function(found, name):
    """Anything callable as the plain function that Ray wants."""
    if inspect.iscoroutinefunction(found):

        def call(*arguments, **keywords):
            return asyncio.run(found(*arguments, **keywords))

    elif inspect.isasyncgenfunction(found):

        def call(*arguments, **keywords):
            yield from _elements(found(*arguments, **keywords))

    elif inspect.isfunction(found):
        return found
    elif callable(found):

        def call(*arguments, **keywords):
            return found(*arguments, **keywords)

    else:
        raise Refused("unknownFunction", f"Python's '{name}' is a {type(found).__name__}, which cannot be called")
    call.__name__ = call.__qualname__ = getattr(found, "__name__", name)
    return call


def _elements(generator):
    """What an asynchronous generator yields."""
    with contextlib.closing(asyncio.new_event_loop()) as loop:
        try:
            while True:
                yield loop.run_until_complete(generator.__anext__())
        except StopAsyncIteration:
            return
        finally:
            loop.run_until_complete(generator.aclose())


def checked(found, returns, name):
    """What a call has given back, if that is what its caller can take: options of Ray's own decorators, and generators, decide that, too."""
    if returns == "streaming":
        fits = isinstance(found, ray.ObjectRefGenerator)
    elif returns == 1:
        fits = isinstance(found, ray.ObjectRef)
    else:
        fits = isinstance(found, list) and len(found) == returns
    if fits:
        return found
    if isinstance(found, ray.ObjectRefGenerator):
        text = "is a generator: call it with 'stream'"
    elif isinstance(found, list):
        text = f"has {len(found)} results: call it with 'split(into: {len(found)})'"
    elif found is None:
        text = "has no result that could be waited for (num_returns=0)"
    else:
        text = "has one result: call it with 'remote'"
    raise Refused("invalidArgument", f"Python's '{name}' {text}")


@functools.lru_cache(maxsize=1024)
def _remote_function(path, source):
    found = find(path, source)
    if isinstance(found, ray.remote_function.RemoteFunction):
        return found
    return ray.remote(as_function(found, path))


def task_submitter(name, source, options, returns):
    """Like `host.task_submitter`, for Python functions. Options of `@ray.remote` hold where the caller says nothing."""
    path, labels = split_labels(name)
    remote = _remote_function(path, source)
    options = {"name": path or remote._function_name, **options}
    if returns != 1:
        options["num_returns"] = returns
    remote = remote.options(**options)

    def submit(payload, rest, refs):
        plain, named = arranged(calls.arguments(payload, rest), labels, name)
        return checked(remote.remote(*plain, **named), returns, name)

    return submit


# -- actors


@functools.lru_cache(maxsize=1024)
def _remote_class(path, source):
    found = find(path, source, "unknownActorClass")
    if isinstance(found, ray.actor.ActorClass):
        return found
    if not inspect.isclass(found):
        raise Refused("unknownActorClass", f"Python's '{path}' is a {type(found).__name__}, not a class")
    return ray.remote(found)


def create_actor(name, source, options, payload, rest):
    path, labels = split_labels(name)
    plain, named = arranged(calls.arguments(payload, rest), labels, name)
    return _remote_class(path, source).options(**options).remote(*plain, **named)


def method_submitter(handle, name, options, returns):
    path, labels = split_labels(name)
    try:
        method = getattr(handle, path)
    except AttributeError:
        known = [each for each in handle._ray_method_signatures if not each.startswith("_")]
        text = f"Python's actor class {handle._ray_actor_creation_function_descriptor.class_name} has no method '{path}'"
        raise Refused("unknownFunction", f"{text}; it has {', '.join(known) or 'none'}") from None
    options = {key: value for key, value in options.items() if value is not None}
    if returns != 1:
        options["num_returns"] = returns
    method = method.options(**options) if options else method

    def submit(payload, rest, refs):
        plain, named = arranged(calls.arguments(payload, rest), labels, name)
        return checked(method.remote(*plain, **named), returns, name)

    return submit
