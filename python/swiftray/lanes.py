"""Which calls run in native workers: decisions only, nothing is submitted here.

The *native lane* are Ray's C++-language workers, which load the Swift library and hold no Python; the *Python lane* are
ordinary Ray workers that host the same library. The native lane costs half the CPU time per call, and lacks what Ray's
C++ worker lacks. Every rule names the reason, so that a program can be told why a call went where it went.
"""

import os

# A Swift program's choice: "auto", "python", or "native" (which makes it an error when native workers cannot be used).
LANE = "SWIFTRAY_LANE"

# Ray copies an argument three times on its way into a native worker; the Python lane reads it in the store.
LARGEST_ARGUMENT = 1 << 20

TASK_OPTIONS = frozenset(
    (
        "name", "num_cpus", "num_gpus", "memory", "resources", "max_retries", "retry_exceptions", "scheduling_strategy", "num_returns",
        "uses_ray",
    )
)  # fmt: skip
ACTOR_OPTIONS = frozenset(
    (
        "name", "namespace", "lifetime", "num_cpus", "num_gpus", "memory", "resources", "max_restarts", "max_task_retries",
        "max_concurrency", "max_pending_calls", "get_if_exists", "scheduling_strategy",
    )
)  # fmt: skip
METHOD_OPTIONS = frozenset(("max_task_retries", "retry_exceptions", "num_returns"))


def choice(environment=None):
    value = (os.environ if environment is None else environment).get(LANE, "auto")
    if value not in ("auto", "native", "python"):
        raise ValueError(f"{LANE} is '{value}'; it can be auto, native or python")
    return value


def task_obstacle(options, returns):
    """Why calls with these options cannot run in native workers; None when they can."""
    return (
        options.get("obstacle")
        or _calls(options)
        or _returns(returns)
        or _retries(options)
        or _repeats(options)
        or _unknown(options, TASK_OPTIONS)
    )


def actor_obstacle(options, is_async):
    """Why such an actor cannot live in a native worker; None when it can."""
    if options.get("obstacle"):
        return options["obstacle"]
    if is_async and options.get("max_concurrency") != 1:
        return "its methods interleave, and native workers have a thread for each call"
    if options.get("get_if_exists"):
        return "getIfExists"
    return _unknown(options, ACTOR_OPTIONS)


def method_obstacle(options, returns):
    return _returns(returns) or _retries(options) or _unknown(options, METHOD_OPTIONS)


def call_obstacle(payload_size, references):
    """Why one call of a function that may go native does not."""
    if references:
        return "references inside its arguments"
    if payload_size > LARGEST_ARGUMENT:
        return f"arguments of {payload_size} bytes"
    return None


def _calls(options):
    # Native workers make most calls, but not all of them, and not with all options; whoever asks for native workers gets them.
    return "its code makes calls of its own" if options.get("uses_ray") and choice() == "auto" else None


def _returns(returns):
    if returns == 1:
        return None
    return "a stream" if returns == "streaming" else f"{returns} results"


def _retries(options):
    # Ray's C++ worker reports every failure as one that is not worth another attempt.
    return "retries after errors" if options.get("retry_exceptions") or options.get("retry_listed") else None


def _repeats(options):
    # A call that turns out to need more than native workers have starts again in a Python worker.
    if options.get("max_retries") == 0:
        return "maxRetries 0: the call must not start twice"
    return "GPUs, which a native worker cannot lend" if options.get("num_gpus") else None


def _unknown(options, known):
    strange = sorted(key for key, value in options.items() if key not in known and value not in (None, {}, False))
    return f"option {strange[0]}" if strange else None


# -- the cluster


def version_obstacle(version):
    """The layout of the C++ interface is known for these minor versions."""
    if not (2, 40) <= tuple(version) <= (2, 60):
        return f"Ray {version[0]}.{version[1]} was not tried with native workers (2.40 to 2.60 were)"
    return None


def raylet_obstacle(command_line):
    """Why the node behind this command line (a list of arguments) cannot start native workers.

    A node that was started without ray-cpp does not refuse such a task: it dies. So nobody asks it.
    """
    for argument in command_line:
        if argument.startswith("--cpp_worker_command="):
            return None if argument.partition("=")[2].strip() else 'ray-cpp is not installed there; run on every node: pip install "ray[cpp]"'
    return "it does not say how it starts C++ workers"


def library_obstacle(missing):
    """A C++ worker that cannot load its library ends and is started again, for ever."""
    return f"the library {missing[0]} is not there; ship it with 'ray job submit --working-dir'" if missing else None


def probe_obstacle(answer, fingerprint):
    """Compares what the library in a native worker says about itself with this program."""
    if not isinstance(answer, str) or not answer:
        return f"the library answered {answer!r}"
    if fingerprint and answer != fingerprint:
        return "the library holds other remote functions than this program; build both products again"
    return None
