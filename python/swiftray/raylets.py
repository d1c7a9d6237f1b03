"""Whether the nodes of a cluster can start native workers.

A node that was started without ray-cpp does not refuse such a task: it dies. So their command lines are read before anybody asks.
"""

import os

import ray

from . import lanes

PATIENCE = 30


def obstacle(libraries):
    """Looks at every node: the raylets of this machine are seen directly, others by a task, which also looks for the libraries."""
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
    return _far_obstacle(away, libraries) if away else None


def _far_obstacle(nodes, libraries):
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy as Affinity

    remote = ray.remote(_look)
    options = {"num_cpus": 0, "max_retries": 0, "name": "swiftray.look"}
    refs = {node: remote.options(scheduling_strategy=Affinity(node, soft=False), **options).remote(libraries) for node in nodes}
    for node, ref in refs.items():
        try:
            found, missing = ray.get(ref, timeout=PATIENCE)
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
