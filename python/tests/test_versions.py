"""Versions of Ray that nobody has tried."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

_PROGRAM = """
import ray
ray.__version__ = "9.9.0"
from ray._private.serialization import SerializationContext
from ray._private.worker import Worker
from ray.actor import ActorHandle

def private():
    return (SerializationContext.serialize, SerializationContext._deserialize_msgpack_data, Worker.deserialize_objects,
            ActorHandle.__getattr__)

before = private()
import swiftray
from swiftray import hooks, host, lanes

swiftray.init(library=LIBRARY, num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
assert not hooks.install() and not hooks.install()
assert private() == before, "private parts of Ray were replaced"
assert "9.9" in lanes.version_obstacle(hooks.ray_version())
assert host._fast_task(None, {}, 1) is None
assert swiftray.get(swiftray.swift_task("add").remote(2, 3)) == 5
assert swiftray.get(swiftray.put({"a": [1, 2]})) == {"a": [1, 2]}
print("fine")
swiftray.shutdown()
"""


def test_an_unknown_version_is_told_once_and_only_public_interfaces_are_used(library):
    program = _PROGRAM.replace("LIBRARY", repr(library))
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "python")}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip().endswith("fine"), done.stdout + done.stderr
    assert done.stderr.count("this version was not tried with swiftray") == 1, done.stderr
