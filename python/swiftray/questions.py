"""What native workers ask Python workers: plain values, because C++ carries nothing else."""

from . import host, hooks, values, worker
from .errors import Refused


def cluster_resources():
    return host.resources(False)


def available_resources():
    return host.resources(True)


def nodes():
    """`[id, address, whether it lives, resources]` of each."""
    return [list(found) for found in host.nodes()]


def named_actors():
    """`[name, namespace, class]` of each."""
    return [list(found) for found in host.named_actors(None)]


def run_call(call):
    """Runs a Swift call that needs more than native workers have: `call` are its frame and its arguments' values.

    `[0, value]`, or `[1, text, type, payload]` for an error: the native worker hands it on as its own.
    """
    if type(call) is hooks.Raw:
        call = values.decode(memoryview(call.data)[9:])
    frame, arguments = call
    kind, data, refs = worker.native().run(frame, tuple(arguments), 0, None)[:3]
    if kind == worker.VALUE and refs:
        raise Refused("unsupported", "the result contains references, which cannot travel through a native worker")
    if kind == worker.VALUE:
        return [0, data]
    if kind == worker.CANCELLED:
        raise KeyboardInterrupt
    text, type_name, payload = data
    return [1, text, type_name, payload]
