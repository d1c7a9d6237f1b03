"""What the Swift side of a driver or worker calls: Ray's verbs in the shape a call costs least."""

import contextlib
import functools
import os
import sys
import time
import warnings

import ray
from ray._private.worker import global_worker

from . import (
    cancelling, classes, errors, foreign, hooks, jobs, large, library, native, public, reach, shipping, submission, values, worker,
)  # fmt: skip
from .errors import Refused, SwiftRetryableError

ABI = 1

_DUMMY = b"__RAY_DUMMY__"


# -- life


def connect(options, fingerprint=""):
    """`ray.init` with Swift's additions. Returns `(job, node, worker, namespace)`, the first three as bytes."""
    hooks.install()
    options = dict(options)
    if not ray.is_initialized():
        options = jobs.adapt(options)
        options = shipping.prepare(options)
        native.prepare(options, library.beside(os.path.realpath("/proc/self/exe")))
        _join(options)
        native.start(fingerprint)
    return identity()


def _join(options):
    address = options.get("address")
    if address != "local":
        reach.check(address)
        reach.use_token()
    try:
        ray.init(**options)
    except (Exception, SystemExit) as error:
        explained = reach.explained(error, address)
        if explained is None:
            raise
        raise explained from error


def identity():
    context = ray.get_runtime_context()
    core = global_worker.core_worker
    return (
        bytes.fromhex(context.get_job_id()),
        bytes.fromhex(context.get_node_id()),
        core.get_worker_id().binary(),
        context.namespace or "",
    )


def disconnect():
    _forget()
    cancelling.stop()
    native.stop()
    ray.shutdown()
    sys.stdout.flush()


def _forget():
    _functions.cache_clear()


# -- submitting


@functools.lru_cache(maxsize=None)
def _functions(job):
    """The one remote function of each kind; made anew for every connection, because Ray exports them per job."""
    return tuple(ray.remote(f) for f in (worker.swift_task, worker.swift_split, worker.swift_stream))


def _job():
    return global_worker.current_cluster_and_job


def task_submitter(name, options, returns):
    """A function of `(payload, values, refs inside the payload)` that submits one call.

    `returns` is a number or "streaming". It gives a reference, a list of them, or a generator of them.
    """
    plain, split, streaming = _functions(_job())
    given = options
    options = _task_options(name, options)
    options["num_returns"] = returns
    remote = (streaming if returns == "streaming" else plain if returns == 1 else split).options(**options)

    def submit(payload, rest, refs):
        return remote.remote(_payload(payload, refs), *rest)

    fast = _fast_task(plain, options, returns) if returns == 1 else None
    otherwise = fast or submit
    return native.task_submitter(name, given, returns, otherwise) or otherwise


def _payload(payload, refs):
    return values.Encoded(_bin(payload), refs) if refs else payload


def _bin(data):
    import msgpack

    return msgpack.packb(data, use_bin_type=True)


def _task_options(name, options, named=True):
    options = dict(options)
    options.pop("obstacle", None)
    options.pop("uses_ray", None)
    if named:
        options.setdefault("name", name)
    if options.pop("retry_listed", False):
        options["retry_exceptions"] = [SwiftRetryableError]
    strategy = options.get("scheduling_strategy")
    if isinstance(strategy, tuple):
        options["scheduling_strategy"] = _affinity(*strategy)
    return options


def _affinity(node, soft):
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    return NodeAffinitySchedulingStrategy(node, soft=soft)


def _fast_task(remote, options, returns):
    """Straight to the core worker, for the options that need no preparation. None where Ray is not as expected."""
    simple = {"name", "num_cpus", "num_gpus", "memory", "resources", "max_retries", "retry_exceptions", "num_returns"}
    if not hooks.installed or not set(options) <= simple or global_worker.should_capture_child_tasks_in_placement_group:
        return None
    if _obstacle("task"):
        return None
    try:
        from ray._common import ray_option_utils
        from ray._common.utils import resources_from_ray_options
        from ray._raylet import Language

        full = {key: option.default_value for key, option in ray_option_utils.task_options.items()}
        full.update(options)
        ray_option_utils.validate_task_options(full, in_options=False)
        resources = resources_from_ray_options(full)
        retry = full["retry_exceptions"]
        listed = tuple(retry) if isinstance(retry, (list, tuple)) else None
        direct = submission.task(
            language=Language.PYTHON, function_descriptor=_exported(remote), name=options["name"], resources=resources,
            max_retries=full["max_retries"], retry_exceptions=bool(retry), retry_exception_allowlist=listed,
        )  # fmt: skip
    except (ImportError, AttributeError, KeyError) as error:
        hooks.warn_once(f"submission is not as expected ({error})")
        return None
    return _python_submitter(direct)


def _python_submitter(direct):
    """Ray's Python workers want the name of each argument in front of it; these have none."""

    def submit(payload, rest, refs):
        arguments = [_DUMMY, _payload(payload, refs) if refs else payload]
        for value in rest:
            arguments += (_DUMMY, value)
        return direct(arguments)

    return direct.attach(submit, prefix=(_DUMMY,))


def _exported(remote):
    """The descriptor of a remote function that the cluster knows: the first, ordinary submission exports it."""
    if remote._last_export_cluster_and_job != global_worker.current_cluster_and_job:
        from ray._raylet import PythonFunctionDescriptor

        with remote._inject_lock:
            if remote._function_signature is None:
                remote._function_signature = ray._common.signature.extract_signature(remote._function)
        remote._function_descriptor = PythonFunctionDescriptor.from_function(remote._function, remote._uuid)
        remote._pickled_function = ray.cloudpickle.dumps(remote._function)
        remote._last_export_cluster_and_job = global_worker.current_cluster_and_job
        global_worker.function_actor_manager.export(remote)
    return remote._function_descriptor


# -- actors


def create_actor(name, is_async, options, payload, rest, refs):
    """Starts an actor; returns what `described` says of it."""
    with _name_conflicts(options):
        handle = native.create_actor(name, is_async, options, payload, rest, refs)
        if handle is None:
            cls = classes.known_class(name, is_async)
            handle = cls.options(**_actor_options(options)).remote(_payload(payload, refs), *rest)
    if options.get("get_if_exists"):
        _check_class(handle, name, options["name"])
    return described(handle)


def _check_class(handle, wanted, actor_name):
    found = values.actor_class_name(handle)
    if found != wanted:
        raise Refused("actorTypeMismatch", f"actor '{actor_name}' is a {found}, not a {wanted}")


@contextlib.contextmanager
def _name_conflicts(options):
    """Ray of every version says differently that a name is taken, and leaves the namespace out."""
    try:
        yield
    except ValueError as error:
        name = options.get("name")
        if not name or "already" not in str(error) or name not in str(error):
            raise
        namespace = options.get("namespace") or ray.get_runtime_context().namespace
        raise Refused("actorNameTaken", f"another live actor of namespace '{namespace}' is named '{name}'") from None


def _actor_options(options):
    options = dict(options)
    options.pop("obstacle", None)
    strategy = options.get("scheduling_strategy")
    if isinstance(strategy, tuple):
        options["scheduling_strategy"] = _affinity(*strategy)
    return options


def create_python_actor(name, source, options, payload, rest, refs):
    """Starts an actor of a Python class."""
    with _name_conflicts(options):
        return described(foreign.create_actor(name, source, _actor_options(options), payload, rest))


def python_submitter(name, source, options, returns):
    """Like `task_submitter`, for Python functions."""
    return foreign.task_submitter(name, source, _task_options(name, options, named=False), returns)


def described(handle):
    """`(handle, id, class name, flags, how often its calls are repeated)`"""
    retries = getattr(handle, "_ray_max_task_retries", 0) or 0
    return (handle, handle._actor_id.binary(), values.actor_class_name(handle), values.actor_flags(handle), retries)


def find_actor(name, namespace):
    try:
        handle = ray.get_actor(name, namespace=namespace)
    except ValueError:
        return None
    return described(handle)


def adopt_actor(data, outer):
    return described(values.decode_actor(data, outer))


def named_actors(namespace):
    from ray.util import list_named_actors

    found = []
    for entry in list_named_actors(all_namespaces=True):
        if namespace is None or entry["namespace"] == namespace:
            found.append((entry["name"], entry["namespace"], _class_of(entry["name"], entry["namespace"])))
    return found


def _class_of(name, namespace):
    try:
        return values.actor_class_name(ray.get_actor(name, namespace=namespace))
    except ValueError:
        return ""


def kill(handle, no_restart):
    if not ray.is_initialized():
        return
    before = None if no_restart else _restarts(handle)
    ray.kill(handle, no_restart=no_restart)
    state = getattr(global_worker.core_worker, "get_local_actor_state", None)
    if state is None or (before is None and not no_restart):
        return
    if no_restart:
        _await(lambda: state(handle._actor_id) in (None, _DEAD))
    else:
        _await(_NextLife(handle, state, before).has_begun)


_ALIVE, _RESTARTING, _DEAD = 2, 3, 4


def _await(is_done, seconds=5):
    """Calls that are made after `kill` has returned must not reach the actor, or this instance of it, any more. Ray tells this process
    of the end, but nobody else, so this looks."""
    end = time.monotonic() + seconds
    while not is_done() and time.monotonic() < end:
        time.sleep(0.002)


class _NextLife:
    """Looks for the end of an actor's instance, and for the next one."""

    # Seconds that word of what the cluster has counted may take to this process.
    _DELAY = 0.1

    def __init__(self, handle, state, restarts):
        self._handle, self._state, self._restarts = handle, state, restarts
        self._has_ended = False
        self._counted = None

    def has_begun(self):
        now = self._state(self._handle._actor_id)
        self._has_ended = self._has_ended or now == _RESTARTING
        if now in (None, _DEAD) or (self._has_ended and now == _ALIVE):
            return True
        # Between two looks it may have ended and be back.
        if self._counted is None and (_restarts(self._handle) or 0) > self._restarts:
            self._counted = time.monotonic()
        return now == _ALIVE and self._counted is not None and time.monotonic() - self._counted > self._DELAY


def _restarts(handle):
    """How often the actor was started again and lives; None where Ray does not tell."""
    try:
        from ray._private.state import actors

        found = actors(handle._actor_id.hex())
        return int(found["NumRestarts"]) if found["State"] == "ALIVE" else 0
    except (ImportError, AttributeError, KeyError, TypeError, ValueError):
        return None


def method_submitter(handle, name, options, returns):
    """Like `task_submitter`, for calls of one actor."""
    if native.is_native(handle):
        return native.method_submitter(handle, name, options, returns)
    options = dict(options)
    if not values.actor_flags(handle):
        return foreign.method_submitter(handle, name, options, returns)
    retry = options.pop("retry_exceptions", False)
    if options.pop("retry_listed", False):
        retry = [SwiftRetryableError]
    retries = options.get("max_task_retries")
    window = options.get("_generator_backpressure_num_objects")
    fast = _fast_method(handle, name, retries, retry) if returns == 1 else None
    if fast:
        return fast
    method = handle._swift_call if returns == 1 else handle._swift_stream if returns == "streaming" else handle._swift_split
    extra = {"name": name, "num_returns": returns}
    if retries is not None:
        extra["max_task_retries"] = retries
    if window is not None:
        extra["_generator_backpressure_num_objects"] = window
    if retry:
        extra["retry_exceptions"] = retry

    def submit(payload, rest, refs):
        return method.options(**extra).remote(_payload(payload, refs), *rest)

    return submit


def _fast_method(handle, name, retries, retry):
    if not hooks.installed or _obstacle("method"):
        return None
    try:
        if retries is None:
            retries = handle._ray_method_max_task_retries.get("_swift_call") or handle._ray_max_task_retries or 0
        direct = submission.method(
            language=handle._ray_actor_language, actor_id=handle._ray_actor_id,
            function_descriptor=handle._ray_function_descriptor["_swift_call"], name=name, max_retries=retries,
            retry_exceptions=bool(retry), retry_exception_allowlist=tuple(retry) if isinstance(retry, list) else None,
            num_method_cpus=handle._ray_actor_method_cpus,
        )  # fmt: skip
    except (AttributeError, KeyError) as error:
        hooks.warn_once(f"actor handles are not as expected ({error})")
        return None
    return _python_submitter(direct)


@functools.lru_cache(maxsize=None)
def _obstacle(kind):
    reason = submission.obstacle(kind)
    if reason:
        hooks.warn_once(reason)
    return reason


# -- objects


def put(data, refs):
    return ray.put(values.Encoded(data, refs) if hooks.installed else values.decode(data))


def put_large(head, elements):
    """Stores a large array that lies in Swift's memory, with one copy."""
    return ray.put(large.Large(head, elements))


def direct_get():
    """Ray's function of `(refs, milliseconds)` that Swift calls itself; it gives `(data, metadata, ...)` for each."""
    return global_worker.core_worker.get_objects if hooks.is_known_version() else public.get


def raw(ref, entry):
    """What the store holds, where Swift cannot tell by itself: `(kind, data)`. Kinds: 0 a buffer whose value starts at byte 9,
    1 MessagePack, 3 the two buffers of a large array, 2 what `errors.describe` says. None where another object failed before
    this one was there."""
    if type(entry) is public.Fetched:
        return (2, errors.describe(entry.error)) if entry.error is not None else _encoded(entry.value)
    data, metadata = entry[0], entry[1]
    if data is None and not metadata:
        return None
    if data is not None and (metadata == b"XLANG" or metadata == b""):
        return (0, data)
    if data is not None and metadata == b"PYTHON" and hooks.installed:
        parts = large.parts(data)
        if parts is not None:
            return (3, parts)
    value = global_worker.deserialize_objects([entry], [ref])[0]
    return (2, errors.describe(value)) if isinstance(value, ray.exceptions.RayError) else _encoded(value)


def _encoded(value):
    try:
        return (1, values.encode(value))
    except Exception as error:  # whatever a value's own pickling throws
        return (2, (b"", "decodingFailed", f"a Python value of type {type(value).__name__}: {error}", "", [], None))


def wait(refs, count, milliseconds, fetch):
    """Which of the references are ready, as a list of booleans."""
    look = global_worker.core_worker.wait if hooks.is_known_version() else public.wait
    ready, _ = look(refs, count, milliseconds, fetch)
    found = {ref.binary() for ref in ready}
    return [ref.binary() in found for ref in refs]


def next_element(generator, milliseconds):
    """The next reference of a stream, None at its end, False when the time is over."""
    if not hooks.is_known_version():
        return public.next_element(generator, milliseconds)
    try:
        ref = generator._next_sync(milliseconds / 1000 if milliseconds >= 0 else None)
    except StopIteration:
        return None
    return False if ref.is_nil() else ref


def cancel(ref, force, recursive, is_swift):
    # Without a connection, Ray would start a cluster of its own for the question.
    if not ray.is_initialized():
        return None
    _settle_submissions()
    try:
        ray.cancel(ref, force=force, recursive=recursive)
    except ValueError as error:
        return str(error)
    # Python code would be interrupted a second time, while it ends.
    if is_swift:
        cancelling.repeat(ref, force, recursive)
    return None


def _settle_submissions():
    """Lets Ray's background thread take over what was submitted before: cancelled earlier than that, a call that waits for its
    arguments ends the process when they come (seen with 2.50 and 2.60). The answer to this question, whose name nobody has, is
    handed over by the same thread and so comes after it."""
    with contextlib.suppress(ValueError):
        ray.get_actor(os.urandom(16).hex())


# -- the cluster


def context():
    if global_worker.mode != ray.WORKER_MODE:
        # Ray warns of every question that only workers can answer.
        return (b"", b"", "", "", 1, False, {}, [])
    now = ray.get_runtime_context()
    core = global_worker.core_worker
    task = now.get_task_id()
    actor = now.get_actor_id()
    try:
        attempt = core.get_current_task_attempt_number()
    except AttributeError:
        attempt = 0
    try:
        name = core.get_current_task_name()
    except AttributeError:
        name = now.get_task_name() or ""
    restarted = False
    if actor is not None:
        try:
            with warnings.catch_warnings():
                # Ray's own use of what it deprecates.
                warnings.simplefilter("ignore")
                restarted = bool(now.was_current_actor_reconstructed)
        except Exception:
            restarted = False
    return (
        bytes.fromhex(task) if task else b"",
        bytes.fromhex(actor) if actor else b"",
        name.decode() if isinstance(name, bytes) else name or "",
        (now.get_actor_name() or "") if actor else "",
        attempt + 1,
        restarted,
        dict(now.get_assigned_resources() or {}),
        [int(number) for number in (now.get_accelerator_ids() or {}).get("GPU", [])],
    )


def resources(available):
    found = ray.available_resources() if available else ray.cluster_resources()
    return {name: float(amount) for name, amount in found.items()}


def nodes():
    return [
        (
            bytes.fromhex(node["NodeID"]),
            f"{node['NodeManagerAddress']}:{node['NodeManagerPort']}",
            bool(node["Alive"]),
            {name: float(amount) for name, amount in node["Resources"].items() if isinstance(amount, (int, float))},
        )
        for node in ray.nodes()
    ]
