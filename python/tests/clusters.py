"""A Ray cluster of several nodes on this machine, in a process of its own: token authentication is decided once per process."""

import contextlib
import json
import os
import secrets
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


class Cluster:
    """`address` is the head's, `dashboard` that of the jobs' server, `environment` what its users must have set."""

    def __init__(self, address, dashboard, environment):
        self.address = address
        self.dashboard = dashboard
        self.environment = environment

    def variables(self, **more):
        """The environment of a program that uses this cluster."""
        python = {"SWIFTRAY_PYTHON": sys.executable, "RAY_USAGE_STATS_ENABLED": "0"}
        return {**os.environ, **python, **self.environment, **more}


@contextlib.contextmanager
def running(folder, nodes=({"a": 4}, {"b": 4}), dashboard=False, has_cpp=True, **environment):
    """A cluster with token authentication on, as `ray start` has it where there is a token.

    `nodes` are their resources; without `has_cpp` they were started as if ray-cpp were not installed.
    """
    token = os.path.join(folder, "auth_token")
    with open(token, "w") as file:
        file.write(secrets.token_hex(32))
    ours = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": token, **environment}
    child = subprocess.Popen(
        [sys.executable, os.path.join(HERE, "clusters.py"), json.dumps([nodes, dashboard, has_cpp])],
        env={**os.environ, "RAY_USAGE_STATS_ENABLED": "0", **ours}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        lines = (line for line in child.stdout if line.startswith("cluster "))
        address, web = json.loads(next(lines).partition(" ")[2])
        yield Cluster(address, f"http://{web}" if web else None, ours)
    finally:
        child.stdin.close()
        child.wait(60)


def serve(nodes, dashboard, has_cpp):
    from ray._private import services
    from ray.cluster_utils import Cluster

    if not has_cpp:
        services.DEFAULT_WORKER_EXECUTABLE = os.devnull + "/missing"
    first, *others = nodes
    # Ports of its own: Ray's usual one may be that of a node that is just ending.
    ports = {"dashboard_port": 0, "dashboard_agent_listen_port": 0}
    head = {"num_cpus": 2, "resources": first, "include_dashboard": dashboard, **ports}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    for resources in others:
        cluster.add_node(num_cpus=2, resources=resources)
    cluster.wait_for_nodes()
    print("cluster", json.dumps([cluster.address, cluster.head_node.webui_url if dashboard else None]), flush=True)
    sys.stdin.read()
    cluster.shutdown()


if __name__ == "__main__":
    serve(*json.loads(sys.argv[1]))
