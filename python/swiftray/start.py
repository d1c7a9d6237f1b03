"""Joining a Ray cluster with a Swift library at hand."""

import os

import ray

from . import hooks
from .library import LIBRARY, load

PACKAGE = "SWIFTRAY_PACKAGE"


def environment(library, given=None):
    """The runtime environment that makes a job's workers know the Swift library."""
    result = dict(given or {})
    variables = {"SWIFTRAY_WORKER": "1"}
    if library:
        variables[LIBRARY] = library
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if "site-packages" not in package:
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    result["env_vars"] = {**variables, **result.get("env_vars", {})}
    hook = "swiftray.worker.setup"
    if result.setdefault("worker_process_setup_hook", hook) != hook:
        raise ValueError("swiftray needs the runtime environment's worker_process_setup_hook for itself")
    return result


def init(address=None, *, library=None, runtime_env=None, **options):
    library = library or os.environ.get(LIBRARY)
    if library:
        os.environ[LIBRARY] = library
        load(library)
    hooks.install()
    return ray.init(address, runtime_env=environment(_everywhere(library), runtime_env), **options)


def _everywhere(library):
    """How other processes find the library: relative names stay relative inside a job's working directory."""
    if not library or os.path.isabs(library):
        return library
    in_job = os.environ.get("RAY_JOB_CONFIG_JSON_ENV_VAR") or os.environ.get("RAY_RUNTIME_ENV_CREATE_WORKING_DIR")
    return library if in_job else os.path.abspath(library)
