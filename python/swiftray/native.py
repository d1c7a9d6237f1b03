"""Calls of Swift functions and actors that live in native workers.

Everything goes through Ray's Python core worker, so that resources, placement, names, restarts and references are Ray's own.
"""

import os

import ray
from ray._private.worker import global_worker

from . import hooks, jobs, lanes
from .errors import Refused

PROBE_SECONDS = 30

_CALL, _CREATE, _METHOD, _METHODS, _PROBE = "swiftray.call", "swiftray.create", "method", "swiftray", "swiftray.probe"

# None until `start` has looked; then "" or the reason against this lane.
obstacle = None


# -- life


def library_path(executable, environment=None):
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


def prepare(options, library):
    """Adds to the keywords of `ray.init` what native workers need: where the library is. Changes `options`."""
    if library is None or lanes.choice() == "python":
        return
    from ray.job_config import JobConfig

    keep_python_functions()
    config = options.setdefault("job_config", JobConfig())
    path = os.path.abspath(library) if jobs.runtime_env() is None else jobs.portable(library)
    if path not in config.code_search_path:
        config.code_search_path = [*config.code_search_path, path]


def keep_python_functions():
    """For every process of a job with a native library, before it connects.

    A code search path makes Ray look for *Python* functions in local modules first, which imports the driver's script again.
    """
    from ray._private.worker import Worker

    Worker.set_load_code_from_local = lambda self, value: None


def start(fingerprint=""):
    """After `ray.init`: finds out once whether this lane can be used. Returns the reason against it, or None."""
    global obstacle
    obstacle = _find_obstacle(fingerprint) or ""
    _tell(obstacle)
    if obstacle and lanes.choice() == "native":
        raise Refused(
            "unsupported",
            f"{lanes.LANE}=native, but native workers cannot be used: {obstacle}. With {lanes.LANE}=auto, Python workers take their place",
        )
    return obstacle or None


def stop():
    global obstacle
    obstacle = None


def _find_obstacle(fingerprint):
    if lanes.choice() == "python":
        return f"{lanes.LANE}=python"
    return (
        lanes.version_obstacle(hooks.ray_version())
        or _submission_obstacle()
        or _library_obstacle()
        or _cluster_obstacle()
        or _probe(fingerprint)
    )


def _submission_obstacle():
    try:
        _check_signatures()
    except (AttributeError, ImportError, LookupError) as error:
        return f"Ray's core worker is not as expected ({error})"
    return None


def _library_obstacle():
    if global_worker.node is None:
        return "this process is no driver"
    return None if _search_path() else "no dynamic library of this program was found"


def _search_path():
    config = global_worker.core_worker.get_job_config()
    return list(config.code_search_path)


def _probe(fingerprint):
    try:
        ref = _submit_task(_descriptor(_PROBE), [b""], _PROBE, {"CPU": 0.001}, 0, "DEFAULT")
        return lanes.probe_obstacle(ray.get(ref, timeout=PROBE_SECONDS), fingerprint)
    except ray.exceptions.GetTimeoutError:
        return f"no native worker answered within {PROBE_SECONDS} s; its log is in {_session()}/logs/cpp-core-worker-*"
    except Exception as error:
        return f"the test call failed: {error}"


def _session():
    return global_worker.node.get_session_dir_path() if global_worker.node else "the session's folder"


def _cluster_obstacle():
    """Looks at the command line of every node's raylet: on this machine directly, elsewhere by a task."""
    here = _local_raylets()
    away = {}
    for node in ray.nodes():
        if not node["Alive"]:
            continue
        identifier = node["NodeID"]
        reason = lanes.raylet_obstacle(here[identifier]) if identifier in here else None
        if reason:
            return f"node {identifier[:8]} at {node['NodeManagerAddress']}: {reason}"
        if identifier not in here:
            away[identifier] = node["NodeManagerAddress"]
    return _far_obstacle(away) if away else None


def _far_obstacle(nodes):
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy as Affinity

    libraries = _search_path()
    remote = ray.remote(_look)
    options = {"num_cpus": 0, "max_retries": 0, "name": "swiftray.look"}
    refs = {node: remote.options(scheduling_strategy=Affinity(node, soft=False), **options).remote(libraries) for node in nodes}
    for node, ref in refs.items():
        try:
            found, missing = ray.get(ref, timeout=PROBE_SECONDS)
        except Exception as error:
            return f"node {node[:8]} at {nodes[node]} could not be looked at: {error}"
        reason = lanes.raylet_obstacle(found.get(node, [])) or lanes.library_obstacle(missing)
        if reason:
            return f"node {node[:8]} at {nodes[node]}: {reason}"
    return None


def _look(libraries):
    """On a node: its raylets, and which of the libraries are not there. Relative paths are the job's, and so is this process."""
    return _local_raylets(), [path for path in libraries if not os.path.exists(path)]


def _local_raylets():
    """Command lines of the raylets of this machine, by node."""
    found = {}
    for process in os.listdir("/proc"):
        if not process.isdigit():
            continue
        try:
            with open(f"/proc/{process}/cmdline", "rb") as file:
                arguments = file.read().decode(errors="replace").split("\0")
        except OSError:
            continue
        if not arguments[0].endswith("/raylet"):
            continue
        for argument in arguments:
            if argument.startswith("--node_id="):
                found[argument.partition("=")[2]] = arguments
    return found


# -- submitting


def _descriptor(function, class_name=""):
    from ray._raylet import CppFunctionDescriptor

    return CppFunctionDescriptor(function, "PYTHON", class_name)


# Parameters of Ray's private functions, by name: what is not listed here makes the lane unusable instead of wrong.
_TASK = {
    "language": None, "function_descriptor": None, "args": None, "name": "", "num_returns": 1, "resources": {}, "max_retries": 0,
    "retry_exceptions": False, "retry_exception_allowlist": None, "scheduling_strategy": "DEFAULT", "debugger_breakpoint": b"",
    "serialized_runtime_env_info": "{}", "generator_backpressure_num_objects": -1, "num_objects_per_yield": 1,
    "enable_task_events": True, "labels": None, "label_selector": None, "fallback_strategy": None,
}  # fmt: skip
_ACTOR = {
    "language": None, "function_descriptor": None, "args": None, "max_restarts": 0, "max_task_retries": 0, "resources": {},
    "placement_resources": {}, "max_concurrency": 1, "is_detached": False, "name": "", "ray_namespace": "", "is_asyncio": False,
    "extension_data": "", "serialized_runtime_env_info": "{}", "concurrency_groups_dict": {}, "max_pending_calls": -1,
    "scheduling_strategy": "DEFAULT", "enable_task_events": True, "labels": None, "label_selector": None,
    "allow_out_of_order_execution": False, "enable_tensor_transport": False, "fallback_strategy": None,
    "actor_generator_backpressure_num_objects": -1,
}  # fmt: skip
_ACTOR_TASK = {
    "language": None, "actor_id": None, "function_descriptor": None, "args": None, "name": "", "num_returns": 1, "max_retries": 0,
    "retry_exceptions": False, "retry_exception_allowlist": None, "num_method_cpus": 0.0, "concurrency_group_name": b"",
    "generator_backpressure_num_objects": -1, "num_objects_per_yield": 1, "enable_task_events": True, "tensor_transport": None,
    "py_tensor_transport": 0, "labels": None,
}  # fmt: skip


def parameters(function):
    """The names of a compiled function's parameters, as its documentation tells them."""
    import re

    text = (function.__doc__ or "").split("\n")[0]
    inside = text[text.index("(") + 1 : text.rindex(")")]
    while "[" in inside:
        inside, count = re.subn(r"\[[^\[\]]*\]", "", inside)
        if count == 0:
            raise LookupError(f"cannot read '{text}'")
    return [part.partition("=")[0].partition(":")[0].split()[-1] for part in inside.split(",")][1:]


def _check(function, known):
    """Refuses a version whose parameters are not all known."""
    names = parameters(function)
    strange = [name for name in names if name not in known]
    if strange or not set(known) - set(names) <= _OPTIONAL:
        raise LookupError(f"{getattr(function, '__name__', function)} has other parameters ({', '.join(strange) or 'fewer'})")


_OPTIONAL = {
    "num_objects_per_yield", "labels", "label_selector", "fallback_strategy", "allow_out_of_order_execution",
    "enable_tensor_transport", "py_tensor_transport", "actor_generator_backpressure_num_objects", "tensor_transport", "enable_task_events",
}  # fmt: skip


def _check_signatures():
    core = global_worker.core_worker
    _check(core.submit_task, _TASK)
    _check(core.create_actor, _ACTOR)
    _check(core.submit_actor_task, _ACTOR_TASK)


def _arguments(function, known, values):
    return [values.get(name, known[name]) for name in parameters(function)]


def _submit_task(descriptor, arguments, name, resources, retries, strategy):
    return _task_function(descriptor, name, resources, retries, strategy)(arguments)


def _task_function(descriptor, name, resources, retries, strategy):
    """Ray's `submit_task` with all but the arguments filled in."""
    from ray._raylet import Language

    submit = global_worker.core_worker.submit_task
    values = _arguments(
        submit, _TASK,
        {"language": Language.CPP, "function_descriptor": descriptor, "name": name, "resources": resources,
         "max_retries": retries, "scheduling_strategy": strategy},
    )  # fmt: skip
    place = parameters(submit).index("args")
    head, tail = tuple(values[:place]), tuple(values[place + 1 :])
    return lambda arguments: submit(*head, arguments, *tail)[0]


def _resources(options, cpus):
    from ray._common.utils import resources_from_ray_options

    found = resources_from_ray_options(dict(options))
    # Ray's C++ workers take no CPU when told nothing, and then start without limit.
    found.setdefault("CPU", float(cpus))
    return {name: amount for name, amount in found.items() if amount}


def _strategy(options):
    strategy = options.get("scheduling_strategy") or "DEFAULT"
    if isinstance(strategy, tuple):
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        return NodeAffinitySchedulingStrategy(strategy[0], soft=strategy[1])
    return strategy


def is_usable():
    global obstacle
    if obstacle is None:
        obstacle = _told()
    return obstacle == ""


def _key():
    return b"swiftray.native." + global_worker.current_job_id.binary()


def _tell(reason):
    """Workers of the job take the driver's word."""
    from ray.experimental import internal_kv

    internal_kv._internal_kv_put(_key(), b"+" + reason.encode())


def _told():
    from ray.experimental import internal_kv

    told = internal_kv._internal_kv_get(_key())
    return told[1:].decode() if told else "the driver has not looked"


def task_submitter(name, options, returns, otherwise):
    """A function of `(payload, values, refs inside the payload)`, or None where the Python lane's is to be used.

    `otherwise` is the Python lane's function, for the calls that must not go native.
    """
    if not is_usable() or lanes.task_obstacle(options, returns):
        return None
    retries = options.get("max_retries")
    submit = _task_function(
        _descriptor(_CALL), options.get("name") or name, _resources(options, 1), 3 if retries is None else retries, _strategy(options)
    )
    largest = lanes.LARGEST_ARGUMENT

    def call(payload, rest, refs):
        # Ray's C++ worker dies of an argument that was lost, so that only values that are known to be there go native.
        if refs or len(payload) > largest or (rest and not all(map(_is_small_value, rest))):
            return otherwise(payload, rest, refs)
        return submit([payload, *rest])

    return call


def create_actor(name, is_async, options, payload, rest, refs):
    """Starts an actor in a native worker and returns its handle; None where it must live in the Python lane."""
    if not is_usable() or lanes.actor_obstacle(options, is_async) or lanes.call_obstacle(len(payload), refs):
        return None
    from ray._raylet import Language

    core = global_worker.core_worker
    descriptor = _descriptor(_CREATE, name)
    # As in Ray's Python: an actor that asks for nothing is placed with one CPU and then holds none.
    asks = any(options.get(key) for key in ("num_cpus", "num_gpus", "memory", "resources"))
    resources = _resources(options, 0)
    values = {
        "language": Language.CPP, "function_descriptor": descriptor, "args": [payload, *_settled(rest)],
        "max_restarts": options.get("max_restarts") or 0, "max_task_retries": options.get("max_task_retries") or 0,
        "resources": resources, "placement_resources": resources if asks else {**resources, "CPU": 1.0},
        "max_concurrency": options.get("max_concurrency") or 1, "is_detached": options.get("lifetime") == "detached",
        "name": options.get("name") or "", "ray_namespace": options.get("namespace") or global_worker.namespace,
        "max_pending_calls": options.get("max_pending_calls") or -1, "scheduling_strategy": _strategy(options),
    }  # fmt: skip
    if values["name"] and _is_taken(values["name"], values["ray_namespace"]):
        raise ValueError(f"The name {values['name']} (namespace={values['ray_namespace']}) is already taken.")
    identifier = core.create_actor(*_arguments(core.create_actor, _ACTOR, values))
    return _handle(identifier, descriptor, values)


def _is_taken(name, namespace):
    try:
        ray.get_actor(name, namespace=namespace)
        return True
    except ValueError:
        return False


def _handle(identifier, descriptor, values):
    import inspect

    from ray._raylet import Language
    from ray.actor import ActorHandle

    known = {
        "language": Language.CPP, "actor_id": identifier, "max_task_retries": values["max_task_retries"], "enable_task_events": True,
        "enable_tensor_transport": False, "actor_method_cpus": 0, "actor_creation_function_descriptor": descriptor,
        "cluster_and_job": global_worker.current_cluster_and_job, "original_handle": True,
    }  # fmt: skip
    given = {}
    for parameter in list(inspect.signature(ActorHandle.__init__).parameters.values())[1:]:
        if parameter.name in known:
            given[parameter.name] = known[parameter.name]
        elif parameter.name.startswith("method_"):
            given[parameter.name] = {}
        elif parameter.default is parameter.empty:
            raise LookupError(f"ActorHandle wants '{parameter.name}'")
    return ActorHandle(**given)


def is_native(handle):
    from ray._raylet import Language

    return handle._ray_actor_language == Language.CPP


def method_submitter(handle, name, options, returns):
    """Like `task_submitter`, for an actor that lives in a native worker. There is no other lane for it."""
    from ray._raylet import Language

    reason = lanes.method_obstacle(options, returns)
    if reason:
        raise ValueError(
            f"{name} asks for {reason}, which an actor in a native worker cannot do; create the actor with {lanes.LANE}=python"
        )
    submit = global_worker.core_worker.submit_actor_task
    retries = options.get("max_task_retries")
    if retries is None:
        retries = handle._ray_max_task_retries or 0
    values = _arguments(
        submit, _ACTOR_TASK,
        {"language": Language.CPP, "actor_id": handle._ray_actor_id, "function_descriptor": _descriptor(_METHOD, _METHODS),
         "name": name, "max_retries": retries},
    )  # fmt: skip
    place = parameters(submit).index("args")
    head, tail = tuple(values[:place]), tuple(values[place + 1 :])

    def call(payload, rest, refs):
        if refs:
            raise ValueError(
                f"{name}: references inside arguments cannot reach an actor in a native worker; pass them as arguments of their own"
            )
        return submit(*head, [payload, *(_settled(rest) if rest else ())], *tail)[0]

    return call


# -- references that may fail


def _settled(refs):
    """References that hold a value for certain.

    Ray's C++ worker dies of an argument that was lost, and an actor with it. So what is not known to be there is waited for by
    a Python task, which passes the value on, or the error in its place.
    """
    return [ref if not isinstance(ref, ray.ObjectRef) or _is_settled(ref) else _settle(ref) for ref in refs]


def _is_settled(ref, largest=None):
    core = global_worker.core_worker
    ready, _ = core.wait([ref], 1, 0, False)
    if not ready:
        return False
    try:
        data, metadata = core.get_objects([ref], 0)[0][:2]
    except Exception:
        return False
    return data is not None and metadata in (b"XLANG", b"RAW", b"") and (largest is None or len(data) <= largest)


def _is_small_value(ref):
    return _is_settled(ref, lanes.LARGEST_ARGUMENT)


def _settle(ref):
    remote = ray.remote(_value_or_error).options(num_cpus=0, name="swiftray.settle", max_retries=3)
    return remote.remote([ref])


def _value_or_error(refs):
    from . import values

    hooks.install()
    try:
        return ray.get(refs[0])
    except Exception as error:
        return values.Encoded(failure_bytes(error))


# MessagePack extension 'E': an error in the place of an argument. One byte says what follows: what Swift made of its own
# error, or `[code, message, type]`.
_FAILURE = 0x45


def failure_bytes(error):
    import msgpack

    from . import errors

    payload, code, message, type_name, _, _ = errors.describe(error)
    content = b"\x00" + payload if payload else b"\x01" + msgpack.packb([code, message, type_name])
    return msgpack.packb(msgpack.ExtType(_FAILURE, content))
