"""Joining a cluster with a Swift program."""

import os
import sysconfig

import ray

from . import hooks, jobs, reach
from . import library as program
from .errors import Refused

# Jobs that were submitted find their environment here.
_JOB = "RAY_JOB_CONFIG_JSON_ENV_VAR"


def init(address=None, *arguments, library=None, **options):
    """`ray.init`, and `library`: the Swift program as a dynamic library, which workers load when they first need it.

    A relative path is looked up in the job's working directory on each node where there is one. Without `library`, what
    `SWIFTRAY_LIBRARY` names is taken, and where that is not set, this is `ray.init`.
    """
    hooks.install()
    path = library or os.environ.get(program.LIBRARY) or program.loaded_path()
    if path:
        options["runtime_env"] = environment(path, options.get("runtime_env"))
        program.load(path)
    _check(address or os.environ.get("RAY_ADDRESS"))
    reach.use_token()
    return ray.init(address, *arguments, **jobs.adapt(options))


def _check(address):
    """Says within seconds what Ray says after minutes, as the exception that scripts for Ray expect."""
    if not address or "://" in address or ray.is_initialized():
        return
    try:
        reach.check(address)
    except Refused as error:
        raise ConnectionError(str(error)) from None


def environment(path, given):
    """A runtime environment in which workers find the library."""
    result = dict(given or {})
    has_folder = "working_dir" in result or _JOB in os.environ
    if not has_folder:
        path = os.path.abspath(path)
    variables = {"SWIFTRAY_WORKER": "1", program.LIBRARY: path}
    result["env_vars"] = {**variables, **result.get("env_vars", {})}
    folder = _own_folder()
    if folder:
        result["env_vars"]["PYTHONPATH"] = _led(result["env_vars"].get("PYTHONPATH", "${PYTHONPATH}"))
    result.setdefault("worker_process_setup_hook", "swiftray.worker.setup")
    return result


def _own_folder():
    """Where this package lies when it is not installed: workers that are set up before they know the driver's path look there."""
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return None if folder in (sysconfig.get_path("purelib"), sysconfig.get_path("platlib")) else folder


def _led(path):
    folder = _own_folder()
    return path if folder is None or folder in path.split(os.pathsep) else os.pathsep.join([folder, path])


def lead_to_package(options):
    """A call with a path of its own finds this package, too. Changes `options`."""
    given = options.get("runtime_env")
    variables = given.get("env_vars") if given else None
    if variables and "PYTHONPATH" in variables:
        options["runtime_env"] = {**given, "env_vars": {**variables, "PYTHONPATH": _led(variables["PYTHONPATH"])}}


def ensure():
    """Ray starts with the first call where nobody has started it."""
    if not ray.is_initialized():
        init()
