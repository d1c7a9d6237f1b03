"""References among the arguments of calls that go to native workers.

Ray's C++ worker dies of an argument that was lost, and an actor with it. So only values that are known to be there are sent.
"""

import functools

import ray
from ray._private.worker import global_worker

from . import hooks, lanes


def settled(refs):
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


def is_small_value(ref):
    return _is_settled(ref, lanes.LARGEST_ARGUMENT)


def _settle(ref):
    return _settler(global_worker.current_cluster_and_job).remote([ref])


@functools.lru_cache(maxsize=1)
def _settler(job):
    """One for each job: Ray stores a function again for each object that stands for it."""
    return ray.remote(_value_or_error).options(num_cpus=0, name="swiftray.settle", max_retries=3)


def _value_or_error(refs):
    from . import values

    hooks.install()
    try:
        return values.Encoded(_encoded(refs[0]))
    except Exception as error:
        return values.Encoded(failure_bytes(error))


def _encoded(ref):
    """The value as MessagePack, byte for byte where it is that already: Python's own objects would be pickled again."""
    from . import host, large

    kind, content = host.raw(ref, global_worker.core_worker.get_objects([ref])[0])
    if kind == 0:
        return bytes(memoryview(content)[9:])
    if kind == 3:
        head, elements = content
        return bytes(head).lstrip(bytes((large.FILLER,))) + bytes(elements)
    return content if kind == 1 else described_failure(content)


# MessagePack extension 'E': an error in the place of an argument. One byte says what follows: what Swift made of its own
# error, or `[code, message, type]`.
_FAILURE = 0x45


def failure_bytes(error):
    from . import errors

    return described_failure(errors.describe(error))


def described_failure(described):
    import msgpack

    payload, code, message, type_name, _, _ = described
    content = b"\x00" + payload if payload else b"\x01" + msgpack.packb([code, message, type_name])
    return msgpack.packb(msgpack.ExtType(_FAILURE, content))
