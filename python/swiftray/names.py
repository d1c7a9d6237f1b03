"""Python functions and classes by their module paths, or by their source."""

import builtins
import difflib
import functools
import hashlib
import importlib
import linecache
import textwrap
import types

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
    if hasattr(builtins, parts[0]):
        return builtins, parts
    raise Refused(
        code, f"there is no Python module '{parts[0]}' for '{path}'; install it, or put its folder on PYTHONPATH"
    )


def _suggestion(name, known):
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
