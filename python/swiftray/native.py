"""Calls of Swift functions and actors that live in native workers.

Everything goes through Ray's Python core worker, so that resources, placement, names, restarts and references are Ray's own.
"""

import os

import ray
from ray._private.worker import global_worker

from . import hooks, jobs, lanes, raylets, settling, submission
from .errors import Refused

_CALL, _CREATE, _METHOD, _METHODS, _PROBE = "swiftray.call", "swiftray.create", "method", "swiftray", "swiftray.probe"

QUESTIONS = "swiftray.questions"

# None until `start` has looked; then "" or the reason against this lane.
obstacle = None


# -- life


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
    Only the questions of native workers are found that way: C++ names a module and a function, and exports nothing.
    """
    from ray._private.function_manager import FunctionActorManager as Manager

    stock = getattr(Manager, "load_function_or_class_from_local", None)
    if stock is None or hasattr(stock, "swiftray"):
        return

    def load_function_or_class_from_local(self, module_name, function_or_class_name):
        return stock(self, module_name, function_or_class_name) if module_name == QUESTIONS else None

    load_function_or_class_from_local.swiftray = True
    Manager.load_function_or_class_from_local = load_function_or_class_from_local


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
        or submission.obstacle()
        or _library_obstacle()
        or raylets.obstacle(_search_path())
        or _probe(fingerprint)
    )


def _library_obstacle():
    if global_worker.node is None:
        return "this process is no driver"
    return None if _search_path() else "no dynamic library of this program was found"


def _search_path():
    config = global_worker.core_worker.get_job_config()
    return list(config.code_search_path)


def _probe(fingerprint):
    try:
        call = submission.task(language=_language(), function_descriptor=_descriptor(_PROBE), name=_PROBE, resources={"CPU": 0.001})
        return lanes.probe_obstacle(ray.get(call([b""]), timeout=raylets.PATIENCE), fingerprint)
    except ray.exceptions.GetTimeoutError:
        return f"no native worker answered within {raylets.PATIENCE} s; its log is in {_session()}/logs/cpp-core-worker-*"
    except Exception as error:
        return f"the test call failed: {error}"


def _session():
    return global_worker.node.get_session_dir_path() if global_worker.node else "the session's folder"


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


# -- submitting


def _language():
    from ray._raylet import Language

    return Language.CPP


def _descriptor(function, class_name=""):
    from ray._raylet import CppFunctionDescriptor

    return CppFunctionDescriptor(function, "PYTHON", class_name)


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


def task_submitter(name, options, returns, otherwise):
    """A function of `(payload, values, refs inside the payload)`, or None where the Python lane's is to be used.

    `otherwise` is the Python lane's function, for the calls that must not go native.
    """
    if not is_usable() or lanes.task_obstacle(options, returns):
        return None
    retries = options.get("max_retries")
    submit = submission.task(
        language=_language(), function_descriptor=_descriptor(_CALL), name=options.get("name") or name,
        resources=_resources(options, 1), max_retries=3 if retries is None else retries, scheduling_strategy=_strategy(options),
    )  # fmt: skip
    largest = lanes.LARGEST_ARGUMENT

    def call(payload, rest, refs):
        # Ray's C++ worker dies of an argument that was lost, so that only values that are known to be there go native.
        if refs or len(payload) > largest or (rest and not all(map(settling.is_small_value, rest))):
            return otherwise(payload, rest, refs)
        return submit([payload, *rest])

    return submit.attach(call, largest=largest)


def create_actor(name, is_async, options, payload, rest, refs):
    """Starts an actor in a native worker and returns its handle; None where it must live in the Python lane."""
    if not is_usable() or lanes.actor_obstacle(options, is_async) or lanes.call_obstacle(len(payload), refs):
        return None
    descriptor = _descriptor(_CREATE, name)
    # As in Ray's Python: an actor that asks for nothing is placed with one CPU and then holds none.
    asks = any(options.get(key) for key in ("num_cpus", "num_gpus", "memory", "resources"))
    resources = _resources(options, 0)
    values = {
        "language": _language(), "function_descriptor": descriptor, "args": [payload, *settling.settled(rest)],
        "max_restarts": options.get("max_restarts") or 0, "max_task_retries": options.get("max_task_retries") or 0,
        "resources": resources, "placement_resources": resources if asks else {**resources, "CPU": 1.0},
        "max_concurrency": options.get("max_concurrency") or 1, "is_detached": options.get("lifetime") == "detached",
        "name": options.get("name") or "", "ray_namespace": options.get("namespace") or global_worker.namespace,
        "max_pending_calls": options.get("max_pending_calls") or -1, "scheduling_strategy": _strategy(options),
    }  # fmt: skip
    if values["name"] and _is_taken(values["name"], values["ray_namespace"]):
        raise ValueError(f"The name {values['name']} (namespace={values['ray_namespace']}) is already taken.")
    identifier = submission.create_actor(**values)
    return _handle(identifier, descriptor, values)


def _is_taken(name, namespace):
    try:
        ray.get_actor(name, namespace=namespace)
        return True
    except ValueError:
        return False


def _handle(identifier, descriptor, values):
    import inspect

    from ray.actor import ActorHandle

    known = {
        "language": _language(), "actor_id": identifier, "max_task_retries": values["max_task_retries"], "enable_task_events": True,
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
    return handle._ray_actor_language == _language()


def method_submitter(handle, name, options, returns):
    """Like `task_submitter`, for an actor that lives in a native worker. There is no other lane for it."""
    reason = lanes.method_obstacle(options, returns)
    if reason:
        raise ValueError(
            f"{name} asks for {reason}, which an actor in a native worker cannot do; create the actor with {lanes.LANE}=python"
        )
    retries = options.get("max_task_retries")
    if retries is None:
        retries = handle._ray_max_task_retries or 0
    submit = submission.method(
        language=_language(), actor_id=handle._ray_actor_id, function_descriptor=_descriptor(_METHOD, _METHODS), name=name,
        max_retries=retries,
    )  # fmt: skip

    def call(payload, rest, refs):
        if refs:
            raise ValueError(
                f"{name}: references inside arguments cannot reach an actor in a native worker; pass them as arguments of their own"
            )
        return submit([payload, *(settling.settled(rest) if rest else ())])

    return submit.attach(call)
