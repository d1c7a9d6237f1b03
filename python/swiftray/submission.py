"""Ray's private functions that submit calls, with all but the arguments filled in.

Their parameters differ between versions. Each is filled in by its name, and a name that is not known here makes the function
unusable instead of wrong.
"""

import re

from ray._private.worker import global_worker

TASK = {
    "language": None, "function_descriptor": None, "args": None, "name": "", "num_returns": 1, "resources": {}, "max_retries": 0,
    "retry_exceptions": False, "retry_exception_allowlist": None, "scheduling_strategy": "DEFAULT", "debugger_breakpoint": b"",
    "serialized_runtime_env_info": "{}", "generator_backpressure_num_objects": -1, "num_objects_per_yield": 1,
    "enable_task_events": True, "labels": None, "label_selector": None, "fallback_strategy": None,
}  # fmt: skip
ACTOR = {
    "language": None, "function_descriptor": None, "args": None, "max_restarts": 0, "max_task_retries": 0, "resources": {},
    "placement_resources": {}, "max_concurrency": 1, "is_detached": False, "name": "", "ray_namespace": "", "is_asyncio": False,
    "extension_data": "", "serialized_runtime_env_info": "{}", "concurrency_groups_dict": {}, "max_pending_calls": -1,
    "scheduling_strategy": "DEFAULT", "enable_task_events": True, "labels": None, "label_selector": None,
    "allow_out_of_order_execution": False, "enable_tensor_transport": False, "fallback_strategy": None,
    "actor_generator_backpressure_num_objects": -1,
}  # fmt: skip
METHOD = {
    "language": None, "actor_id": None, "function_descriptor": None, "args": None, "name": "", "num_returns": 1, "max_retries": 0,
    "retry_exceptions": False, "retry_exception_allowlist": None, "num_method_cpus": 0.0, "concurrency_group_name": b"",
    "generator_backpressure_num_objects": -1, "num_objects_per_yield": 1, "enable_task_events": True, "tensor_transport": None,
    "py_tensor_transport": 0, "labels": None,
}  # fmt: skip

# What some versions lack.
_OPTIONAL = {
    "num_objects_per_yield", "labels", "label_selector", "fallback_strategy", "allow_out_of_order_execution",
    "enable_tensor_transport", "py_tensor_transport", "actor_generator_backpressure_num_objects", "tensor_transport", "enable_task_events",
}  # fmt: skip


class Direct:
    """A function of the core worker, a tuple of what goes in front of the arguments' list, and one of what follows it.

    Swift calls the function itself, without any Python code between, for calls that have nothing but a payload.
    """

    __slots__ = ("function", "head", "tail")

    def __init__(self, function, known, values):
        names = parameters(function)
        given = [values.get(name, known[name]) for name in names]
        place = names.index("args")
        self.function, self.head, self.tail = function, tuple(given[:place]), tuple(given[place + 1 :])

    def __call__(self, arguments):
        return self.function(*self.head, arguments, *self.tail)[0]

    def attach(self, submit, prefix=(), largest=-1):
        """Tells Swift what it may call in the place of `submit`: what stands in front of the payload, and how long that may be."""
        submit.direct = (self.function, self.head, self.tail, tuple(prefix), largest)
        return submit


def task(**values):
    return Direct(global_worker.core_worker.submit_task, TASK, values)


def method(**values):
    return Direct(global_worker.core_worker.submit_actor_task, METHOD, values)


def create_actor(**values):
    core = global_worker.core_worker
    return core.create_actor(*(values.get(name, ACTOR[name]) for name in parameters(core.create_actor)))


def parameters(function):
    """The names of a compiled function's parameters, as its documentation tells them."""
    text = (function.__doc__ or "").split("\n")[0]
    inside = text[text.index("(") + 1 : text.rindex(")")]
    while "[" in inside:
        inside, count = re.subn(r"\[[^\[\]]*\]", "", inside)
        if count == 0:
            raise LookupError(f"cannot read '{text}'")
    return [part.partition("=")[0].partition(":")[0].split()[-1] for part in inside.split(",")][1:]


def obstacle(*kinds):
    """Why these functions of the connected core worker cannot be called; None when they can."""
    core = global_worker.core_worker
    functions = {"task": ("submit_task", TASK), "actor": ("create_actor", ACTOR), "method": ("submit_actor_task", METHOD)}
    try:
        for kind in kinds or functions:
            name, known = functions[kind]
            _check(getattr(core, name), known)
    except (AttributeError, ImportError, LookupError, ValueError) as error:
        return f"Ray's core worker is not as expected ({error})"
    return None


def _check(function, known):
    names = parameters(function)
    strange = [name for name in names if name not in known]
    if strange or not set(known) - set(names) <= _OPTIONAL:
        raise LookupError(f"{getattr(function, '__name__', function)} has other parameters ({', '.join(strange) or 'fewer'})")
