"""Ray for Swift, from Python: `import swiftray as ray` is Ray's own module with what is defined here added."""

# Modules whose names Ray has, too, must be here before Ray is asked for anything.
from . import worker as worker
from .errors import SwiftRetryableError, SwiftTaskError, swift_error
from .values import OpaquePythonObject

# `__version__` is Ray's, as scripts for Ray expect.
swiftray_version = "0.1.0"

# What needs Ray itself is imported when it is asked for: workers and tools import this module before Ray.
_LAZY = {
    "init": "joining",
    "load": "library",
    "call": "inprocess",
    "new": "inprocess",
    "SwiftObject": "inprocess",
    "swift_task": "tasks",
    "swift_actor_class": "tasks",
    "SwiftFunction": "tasks",
    "SwiftActorClass": "tasks",
}

_OWN = [
    "OpaquePythonObject",
    "SwiftActorClass",
    "SwiftFunction",
    "SwiftObject",
    "SwiftRetryableError",
    "SwiftTaskError",
    "call",
    "init",
    "load",
    "new",
    "swift_actor_class",
    "swift_error",
    "swift_task",
    "swiftray_version",
]


def __getattr__(name):
    if name.startswith("__") and name not in ("__all__", "__commit__", "__version__"):
        raise AttributeError(name)
    import importlib

    if name in _LAZY:
        found = getattr(importlib.import_module(f".{_LAZY[name]}", __name__), name)
        globals()[name] = found
        return found
    import ray

    if name == "__all__":
        return sorted({*_OWN, *ray.__all__})
    try:
        return getattr(ray, name)
    except AttributeError:
        pass
    try:
        # Modules of Ray that nobody has imported yet.
        return importlib.import_module(f"ray.{name}")
    except ImportError:
        raise AttributeError(f"neither swiftray nor ray has '{name}'") from None


class _RaysModules:
    """`import swiftray.util` is `import ray.util`, for modules that are not this package's own."""

    @staticmethod
    def find_spec(fullname, path=None, target=None):
        package, _, name = fullname.partition(".")
        if package != __name__ or name.startswith("_") or name == "swift_errors":
            return None
        import importlib.util

        try:
            if importlib.util.find_spec(f"ray.{name}") is None:
                return None
        except ModuleNotFoundError:
            return None
        return importlib.util.spec_from_loader(fullname, _RaysModules)

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        import importlib
        import sys

        # The module itself, not one that looks like it: classes must be the same.
        sys.modules[module.__name__] = importlib.import_module("ray." + module.__name__.partition(".")[2])


def _find_rays_modules():
    import sys

    if not any(getattr(each, "__name__", "") == "_RaysModules" for each in sys.meta_path):
        # Last: this package's own modules are found before.
        sys.meta_path.append(_RaysModules)


_find_rays_modules()


def __dir__():
    import ray

    return sorted({*globals(), *_OWN, *dir(ray)})
