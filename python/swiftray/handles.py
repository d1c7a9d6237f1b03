"""Methods of Swift actors that live in native workers, for Python code that has their handles.

Ray's handles of such actors take any method name and would send it as a C++ function's. Those of Swift actors in Python workers
need none of this: their classes have a Python method for each Swift method.
"""

from . import calls, native, signatures
from . import library as program


class NativeMethod:
    """A method, as Ray's own: `.remote()` and `.options()`."""

    __slots__ = ("_handle", "_name", "_options")

    def __init__(self, handle, name, options=None):
        self._handle = handle
        self._name = name
        self._options = options or {}

    def options(self, **options):
        return NativeMethod(self._handle, self._name, {**self._options, **options})

    def remote(self, *arguments, **keywords):
        """Calls the method. Keywords are labels, which only a process that has the library can order."""
        name = self._name
        if program.is_loaded():
            candidates = signatures.methods(self._handle._ray_actor_creation_function_descriptor.class_name, name)
            signature, arguments = signatures.choose(candidates, arguments, keywords)
            name = signature.name
        elif keywords:
            raise TypeError(f"'{name}' was called with labels by a process without the Swift library; give the arguments in order")
        options = dict(self._options)
        options.pop("name", None)
        payload, rest, refs = calls.write(calls.METHOD, name, arguments)
        return native.method_submitter(self._handle, name, options, options.pop("num_returns", 1))(payload, rest, refs)


def install():
    """Teaches Ray's handles; where they do not look as expected, they stay as they are."""
    import ray

    handle = getattr(ray.actor, "ActorHandle", None)
    stock = getattr(handle, "__getattr__", None)
    if stock is None or hasattr(stock, "swiftray"):
        return

    def __getattr__(self, name):
        if not name.startswith("_") and native.is_native(self):
            return NativeMethod(self, name)
        return stock(self, name)

    __getattr__.swiftray = True
    handle.__getattr__ = __getattr__
