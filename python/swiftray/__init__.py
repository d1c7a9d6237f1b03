"""Ray for Swift, from Python. Everything that is not defined here is Ray's own: `import swiftray as ray`."""

# Modules whose names Ray has, too, must be here before Ray is asked for anything.
from . import worker as worker
from .errors import SwiftRetryableError, SwiftTaskError
from .values import OpaquePythonObject

__version__ = "0.1.0"

__all__ = ["OpaquePythonObject", "SwiftRetryableError", "SwiftTaskError"]


def __getattr__(name):
    import ray

    try:
        return getattr(ray, name)
    except AttributeError:
        raise AttributeError(f"neither swiftray nor ray has '{name}'") from None
