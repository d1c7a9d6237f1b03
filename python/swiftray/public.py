"""What `host` asks of Ray's core worker, asked through Ray's public interfaces: for versions whose private parts were not tried."""

import ray


class Fetched:
    """What stands for a fetched object in the place of Ray's own `(data, metadata)`: a value, or the exception in its place."""

    __slots__ = ("value", "error")

    def __init__(self, ref):
        self.value = self.error = None
        try:
            self.value = ray.get(ref)
        except Exception as error:  # whatever the object has failed with
            self.error = error


def get(refs, milliseconds):
    """One entry for each reference. Raises `GetTimeoutError` when not all are ready in time."""
    distinct = list(dict.fromkeys(refs))
    ready, _ = ray.wait(distinct, num_returns=len(distinct), timeout=_seconds(milliseconds))
    if len(ready) < len(distinct):
        raise ray.exceptions.GetTimeoutError(f"{len(distinct) - len(ready)} of {len(distinct)} objects are not ready")
    return [Fetched(ref) for ref in refs]


def wait(refs, count, milliseconds, fetch):
    return ray.wait(refs, num_returns=count, timeout=_seconds(milliseconds), fetch_local=fetch)


def next_element(generator, milliseconds):
    """The next reference of a stream, None at its end, False when the time is over."""
    ready, _ = ray.wait([generator], num_returns=1, timeout=_seconds(milliseconds), fetch_local=False)
    return next(generator, None) if ready else False


def _seconds(milliseconds):
    return None if milliseconds < 0 else milliseconds / 1000
