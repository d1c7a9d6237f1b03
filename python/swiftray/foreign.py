"""Python functions and classes that Swift calls by their module paths, or by their source."""

import asyncio
import functools
import hashlib
import importlib
import inspect
import linecache
import textwrap
import types

import ray

from . import calls
from .errors import Refused


# -- names


def split_labels(name):
    """`module.scale(_:by:)` → `("module.scale", ["_", "by"])`; no labels where there are no parentheses."""
    base, parenthesis, rest = name.partition("(")
    return base, rest.rstrip(")").split(":")[:-1] if parenthesis else None


def arranged(arguments, labels, name):
    """Positional and keyword arguments."""
    if labels is None:
        return arguments, {}
    if len(labels) != len(arguments):
        raise Refused("invalidArgument", f"{name} names {len(labels)} arguments, the call has {len(arguments)}")
    plain = [value for label, value in zip(labels, arguments) if label == "_"]
    return plain, {label: value for label, value in zip(labels, arguments) if label != "_"}


def resolve(path, code="unknownFunction"):
    """What a module path names; modules are imported as needed."""
    parts = path.split(".")
    if not all(part.isidentifier() for part in parts):
        raise Refused(code, f"'{path}' is no Python name; write module.function or module.Class")
    if len(parts) == 1:
        parts.insert(0, "builtins")
    module, rest = _import(parts, path, code)
    found = module
    for position, part in enumerate(rest):
        try:
            found = getattr(found, part)
        except AttributeError:
            place = ".".join([module.__name__, *rest[:position]])
            raise Refused(code, f"Python's '{place}' has no '{part}'{_suggestion(part, dir(found))}") from None
    return found


def _import(parts, path, code):
    for count in range(len(parts) - 1, 0, -1):
        name = ".".join(parts[:count])
        try:
            return importlib.import_module(name), parts[count:]
        except ModuleNotFoundError as error:
            # Something that the module itself imports is missing: that is another story.
            if error.name is None or not (name == error.name or name.startswith(error.name + ".")):
                raise
    raise Refused(
        code, f"there is no Python module '{parts[0]}' for '{path}'; install it, or put its folder on PYTHONPATH"
    )


def _suggestion(name, known):
    import difflib

    close = difflib.get_close_matches(name, known, n=3)
    return f"; did you mean {' or '.join(repr(each) for each in close)}?" if close else ""


# -- source


@functools.lru_cache(maxsize=256)
def define(source, name=""):
    """The function or class that a piece of source defines. It runs once in this process."""
    text = textwrap.dedent(source)
    file = f"<Python in Swift {hashlib.sha1(text.encode()).hexdigest()[:8]}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    namespace = {"__name__": "swiftray_source", "__file__": file}
    exec(compile(text, file, "exec"), namespace)
    kinds = (types.FunctionType, type)
    own = [
        value
        for value in namespace.values()
        if isinstance(value, kinds) and getattr(value, "__module__", None) == "swiftray_source"
    ]
    if name:
        if name not in namespace:
            raise Refused("unknownFunction", f"the Python source defines no '{name}'")
        return namespace[name]
    if len(own) != 1:
        names = ", ".join(each.__name__ for each in own) or "nothing"
        raise Refused("invalidArgument", f"the Python source must define one function or class, or name one; it defines {names}")
    return own[0]


def find(path, source, code="unknownFunction"):
    return define(source, path) if source is not None else resolve(path, code)


# -- tasks


def as_function(found, name):
    """Anything callable as the plain function that Ray wants."""
    if inspect.iscoroutinefunction(found):

        def call(*arguments, **keywords):
            return asyncio.run(found(*arguments, **keywords))

    elif inspect.isfunction(found):
        return found
    elif callable(found):

        def call(*arguments, **keywords):
            return found(*arguments, **keywords)

    else:
        raise Refused("unknownFunction", f"Python's '{name}' is a {type(found).__name__}, which cannot be called")
    call.__name__ = call.__qualname__ = getattr(found, "__name__", name)
    return call


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
        return remote.remote(*plain, **named)

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
        return method.remote(*plain, **named)

    return submit
