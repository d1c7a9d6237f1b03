"""`ray job submit` of a Swift program on a cluster of two nodes: paths, lanes, exit statuses, logs, sizes."""

import os
import shutil
import subprocess
import sys

import apps
import pytest

import ray

LIMIT = 100 << 20  # of the dashboard, for one upload

pytestmark = pytest.mark.skipif(
    not os.path.exists(os.path.join(os.path.dirname(ray.__file__), "dashboard", "client", "build")) and not shutil.which("ray"),
    reason="ray[default] is not installed",
)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The folder that a job ships: both products, stripped."""
    built = apps.build()
    folder = tmp_path_factory.mktemp("job")
    for name in ("test-app", "libTestApp.so"):
        subprocess.run(["strip", "-s", "-o", os.path.join(folder, name), os.path.join(built, name)], check=True)
    return str(folder)


@pytest.fixture(scope="module")
def cluster():
    from ray.cluster_utils import Cluster

    cluster = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 2, "resources": {"a": 4}, "include_dashboard": True, "dashboard_port": 0},
    )
    cluster.add_node(num_cpus=2, resources={"b": 4})
    cluster.wait_for_nodes()
    yield cluster
    cluster.shutdown()


@pytest.fixture
def submit(cluster, package):
    def submit(*entrypoint, timeout=180, **variables):
        import json

        environment = {"env_vars": {"SWIFTRAY_PYTHON": sys.executable, "PYTHONPATH": os.path.dirname(apps.HERE), **variables}}
        done = subprocess.run(
            [
                shutil.which("ray", path=os.path.dirname(sys.executable)) or "ray", "job", "submit",
                "--address", f"http://{cluster.head_node.webui_url}", "--working-dir", package,
                "--runtime-env-json", json.dumps(environment), "--", *entrypoint,
            ],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout,
        )  # fmt: skip
        return done.returncode, done.stdout

    return submit


def test_the_upload_is_far_below_the_dashboards_limit(package):
    sizes = {name: os.path.getsize(os.path.join(package, name)) for name in os.listdir(package)}
    print({name: f"{size / (1 << 20):.1f} MiB" for name, size in sizes.items()})
    assert sum(sizes.values()) < LIMIT / 2


@pytest.mark.parametrize("lane", ["python", "native"])
def test_an_executable_is_a_job(submit, lane):
    if lane == "native" and not os.path.exists(os.path.join(os.path.dirname(ray.__file__), "cpp", "default_worker")):
        pytest.skip("ray-cpp is not installed")
    status, said = submit("./test-app", "lanes", SWIFTRAY_LANE=lane, RAY_ADDRESS="auto")
    assert status == 0, said
    assert f"task {lane}" in said
    assert f"actor {lane}" in said
    assert "pending 301" in said


def test_a_library_is_a_job(submit):
    status, said = submit(sys.executable, "-m", "swiftray", "run", "./libTestApp.so", "lanes", SWIFTRAY_LANE="auto")
    assert status == 0, said
    assert "pending 301" in said


def test_tasks_run_on_both_nodes_with_relative_paths(submit):
    status, said = submit("./test-app", "nodes", RAY_ADDRESS="auto")
    assert status == 0, said
    found = {line.split()[0]: line.split()[1] for line in said.splitlines() if line[:2] in ("a ", "b ")}
    assert len(set(found.values())) == 2, said


def test_a_failed_program_is_a_failed_job(submit):
    status, said = submit("./test-app", "fail", RAY_ADDRESS="auto")
    assert status != 0
    assert "asked to" in said
    assert "FAILED" in said or "failed" in said


def test_the_exit_status_is_reported(submit):
    status, said = submit("./test-app", "exit", "7", RAY_ADDRESS="auto")
    assert status != 0
    assert "exit code 7" in said
