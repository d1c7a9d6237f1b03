"""Ray for Swift, from Python. Everything that is not defined here is Ray's own: `import swiftray as ray`."""

# Modules whose names Ray has, too, must be here before Ray is asked for anything.
from . import worker as worker
from .errors import SwiftRetryableError, SwiftTaskError
from .values import OpaquePythonObject

__version__ = "0.1.0"

__all__ = [
    "OpaquePythonObject",
    "SwiftRetryableError",
    "SwiftTaskError",
    "init",
    "load",
]

def load(library):
    """Loads a Swift program that was built as a dynamic library into this process, for calls without Ray."""
    from .library import load

    return load(library)


def init(address=None, *, library=None, **options):
    """`ray.init`, plus `library`: the Swift program, built as a dynamic library, whose functions and actors are wanted.

    A relative path is relative to the job's working directory on every node.
    """
    from .start import init

    return init(address, library=library, **options)


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    import ray

    try:
        return getattr(ray, name)
    except AttributeError:
        raise AttributeError(f"neither swiftray nor ray has '{name}'") from None
