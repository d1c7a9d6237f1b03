"""The Swift side of this process: part of the executable, or a library that is loaded."""

import ctypes
import os
import sys

from . import shipping
from .errors import Refused

LIBRARY = "SWIFTRAY_LIBRARY"

# Where a call's runtime environment sends the worker; Swift's side knows the name, too.
DIRECTORY = "SWIFTRAY_DIRECTORY"

_loaded = None
_loaded_path = None
# Relative paths count from where Ray has started the process.
_folder = os.getcwd()
_lost = None


def enter_directory():
    """Goes where the runtime environment says. Where that cannot be, the process goes on and every Swift call says why."""
    global _lost
    # Programs that a task starts have their own.
    path = os.environ.pop(DIRECTORY, None)
    if path is None:
        return
    try:
        os.chdir(path)
    except OSError as error:
        _lost = f"workers cannot run in the directory '{path}': {error.strerror}"
        print(_lost, file=sys.stderr, flush=True)


def native():
    """The built-in functions of the Swift program in this process."""
    if _lost is not None:
        raise Refused("runtimeEnvironmentFailed", _lost)
    module = sys.modules.get("_swiftray")
    return module if module is not None else load(os.environ.get(LIBRARY))


def is_loaded():
    return "_swiftray" in sys.modules


def loaded_path():
    """What was loaded here, so that workers load it, too; None where the program is no library."""
    return _loaded_path


def is_connected():
    """Whether this process is part of a cluster."""
    ray = sys.modules.get("ray")
    return ray is not None and ray.is_initialized()


def load(path):
    """Loads a Swift program that was built as a dynamic library."""
    global _loaded, _loaded_path
    if _loaded is not None:
        return _loaded
    why = shipping.failure()
    if why:
        raise Refused("unsupported", why)
    if not path:
        raise RuntimeError(
            "no Swift library is known to this process: name it with init(library=...) or set SWIFTRAY_LIBRARY"
        )
    full = os.path.normpath(os.path.join(_folder, path))
    if not os.path.exists(full):
        raise FileNotFoundError(
            f"the Swift library '{path}' is not on this node (looked for {full}): ship it in the job's working_dir "
            "and name it relative to that, or install it under this path on every node"
        )
    try:
        library = ctypes.PyDLL(full, mode=ctypes.RTLD_GLOBAL)
        enter = library.swiftray_python_module
    except (OSError, AttributeError) as error:
        raise RuntimeError(f"cannot load the Swift library '{path}': {error}") from error
    enter.restype = ctypes.py_object
    _loaded = enter()
    _loaded_path = path
    return _loaded


# -- native workers load the same library


def beside(executable, environment=None):
    """The program's dynamic library: named by SWIFTRAY_LIBRARY, or beside the executable. None when there is none."""
    named = (os.environ if environment is None else environment).get("SWIFTRAY_LIBRARY")
    if named:
        return named
    folder = os.path.dirname(os.path.abspath(executable))
    wanted = _plain(os.path.basename(executable))
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return None
    libraries = [name for name in names if name.startswith("lib") and name.endswith(".so")]
    same = [name for name in libraries if _plain(name[3:-3]) == wanted]
    for name in same + [name for name in libraries if name not in same]:
        if _is_swift_library(os.path.join(folder, name)):
            return os.path.join(folder, name)
    return None


def _plain(name):
    return "".join(character for character in name.lower() if character.isalnum())


def _is_swift_library(path):
    import mmap

    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(b"swiftray_native_run") >= 0
    except (OSError, ValueError):
        return False
