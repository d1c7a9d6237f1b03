"""Drivers that `ray job submit` has started: what the job says already must not be said again."""

import json
import os

JOB = "RAY_JOB_CONFIG_JSON_ENV_VAR"


def runtime_env(environment=None):
    """The runtime environment of the job this driver belongs to; None outside of jobs."""
    text = (os.environ if environment is None else environment).get(JOB)
    if not text:
        return None
    try:
        return json.loads(text).get("runtime_env") or {}
    except (ValueError, AttributeError):
        return {}


def portable(path, here=None):
    """Below the job's working directory paths are relative: every node unpacks it elsewhere."""
    here = os.path.realpath(here or os.getcwd())
    full = os.path.realpath(path)
    return os.path.join(".", os.path.relpath(full, here)) if os.path.commonpath([full, here]) == here else full


def adapt(options, environment=None, here=None):
    """Makes the keywords of `ray.init` fit the job's own: Ray refuses a driver that repeats a key. Returns new keywords."""
    job = runtime_env(environment)
    if job is None:
        return options
    own = dict(options.get("runtime_env") or {})
    if own.get("py_executable") and not os.path.isabs(portable(own["py_executable"], here)):
        own["py_executable"] = portable(own["py_executable"], here)
    kept = {key: value for key, value in own.items() if key == "env_vars" or key not in job}
    if "env_vars" in own:
        kept["env_vars"] = {name: value for name, value in own["env_vars"].items() if name not in job.get("env_vars", {})}
    return {**options, "runtime_env": kept}
