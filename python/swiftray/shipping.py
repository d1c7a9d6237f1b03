"""What the nodes of a cluster need and may not have: this package, and the program itself."""

import os
import shlex

from . import jobs

# Set for a worker that had to start without the program: the reason.
FAILURE = "SWIFTRAY_FAILURE"

# Starts the program as a worker. Where it is missing or lacks a library, a plain Python worker takes its place, so that the
# call fails with a reason: a worker that cannot start is started again for ever, and says so in the node's log only.
_START = """
if [ ! -x "$0" ]; then why="the program $0 is not on this node"
else
  lacking=$(LD_TRACE_LOADED_OBJECTS=1 "$0" 2>/dev/null | sed -n "s/ => not found//p" | tr -d "\\t" | tr "\\n" " ")
  [ -n "$lacking" ] || exec "$0" "$@"
  why="the program $0 cannot start on this node, which lacks $lacking"
fi
export SWIFTRAY_FAILURE="$why"
python="${1%%/lib/python3.*}/bin/python3"
[ -x "$python" ] || python=python3
exec "$python" "$@"
"""


def prepare(options, environment=None, here=None):
    """Adds to the runtime environment among the keywords of `ray.init`. Returns new keywords."""
    own = dict(options.get("runtime_env") or {})
    if own.get("py_executable"):
        own["py_executable"] = starting(own["py_executable"])
    # A node of this program's own has what this program has.
    if options.get("address") not in (None, "local") and "py_modules" not in own:
        folder = package_to_ship(jobs.runtime_env(environment), here)
        if folder:
            own["py_modules"] = [folder]
    return {**options, "runtime_env": own}


def starting(program):
    """The command that starts a program as a Python worker."""
    return f"bash -c {shlex.quote(_START)} {shlex.quote(program)}"


def package_to_ship(job, here=None):
    """The folder of this package; None in a job that brings it itself."""
    folder = os.path.realpath(os.path.dirname(__file__))
    if job is None:
        return folder
    here = os.path.realpath(here or os.getcwd())
    return None if "py_modules" in job or os.path.commonpath([folder, here]) == here else folder


def failure(environment=None):
    """Why this worker runs without the program; None where it has it."""
    why = (os.environ if environment is None else environment).get(FAILURE)
    if not why:
        return None
    import socket

    return (
        f"{why} ({socket.gethostname()}). Ship it with 'ray job submit --working-dir', or put it under this path on every node; "
        "built with -static-stdlib it needs no Swift there"
    )
