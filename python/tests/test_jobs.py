"""`ray job submit` of a Swift program on a cluster of two nodes with token authentication: paths, lanes, exit statuses, logs, sizes."""

import json
import os
import shutil
import subprocess
import sys
import time

import apps
import clusters
import pytest

import ray

LIMIT = 100 << 20  # of the dashboard, for one upload
PACKAGE = os.path.join(os.path.dirname(apps.HERE), "swiftray")

pytestmark = pytest.mark.skipif(
    not os.path.exists(os.path.join(os.path.dirname(ray.__file__), "dashboard", "client", "build")) and not shutil.which("ray"),
    reason="ray[default] is not installed",
)


def packed(folder, with_python):
    """A folder that a job ships: both products, stripped, and the Python package where it is wanted."""
    built = apps.build()
    for name in ("test-app", "libTestApp.so"):
        subprocess.run(["strip", "-s", "-o", os.path.join(folder, name), os.path.join(built, name)], check=True)
    if with_python:
        shutil.copytree(PACKAGE, os.path.join(folder, "swiftray"), ignore=shutil.ignore_patterns("__pycache__"))
    return str(folder)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return packed(tmp_path_factory.mktemp("job"), with_python=True)


@pytest.fixture(scope="module")
def bare_package(tmp_path_factory):
    return packed(tmp_path_factory.mktemp("bare"), with_python=False)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    # As with an activated environment: the first Python on the nodes' path has Ray, and none has this package.
    path = os.path.dirname(sys.executable) + ":" + os.environ["PATH"]
    with clusters.running(
        tmp_path_factory.mktemp("cluster"), dashboard=True, PATH=path, PYTHONPATH="", SWIFTRAY_PACKAGE="/nowhere", VIRTUAL_ENV="",
    ) as cluster:  # fmt: skip
        yield cluster


@pytest.fixture
def submit(cluster, package):
    def submit(*entrypoint, folder=package, timeout=180, runtime_env=None, token=True, **variables):
        environment = {**(runtime_env or {}), "env_vars": variables}
        command = [shutil.which("ray", path=os.path.dirname(sys.executable)) or "ray", "job", "submit"]
        command += ["--address", cluster.dashboard, "--working-dir", folder, "--runtime-env-json", json.dumps(environment)]
        patience = time.monotonic() + 120
        while True:
            done = subprocess.run(
                [*command, "--", *entrypoint],
                env=cluster.variables() if token else {**cluster.variables(), "RAY_AUTH_MODE": "disabled"},
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout,
            )  # fmt: skip
            # The nodes' agents start after the nodes; Ray has nothing to wait for them with.
            if "No available agent to submit job" not in done.stdout or time.monotonic() > patience:
                return done.returncode, done.stdout

    return submit


def test_the_upload_is_far_below_the_dashboards_limit(package):
    sizes = {name: os.path.getsize(os.path.join(package, name)) for name in ("test-app", "libTestApp.so")}
    print({name: f"{size / (1 << 20):.1f} MiB" for name, size in sizes.items()})
    assert sum(sizes.values()) < LIMIT / 2


@pytest.mark.parametrize("lane", ["python", "native"])
def test_an_executable_is_a_job(submit, lane):
    if lane == "native" and not os.path.exists(os.path.join(os.path.dirname(ray.__file__), "cpp", "default_worker")):
        pytest.skip("ray-cpp is not installed")
    status, said = submit("./test-app", "lanes", SWIFTRAY_LANE=lane)
    assert status == 0, said
    assert f"task {lane}" in said
    assert f"actor {lane}" in said
    assert "pending 301" in said


@pytest.mark.parametrize("lane", ["python", "auto"])
def test_a_library_is_a_job(submit, lane):
    status, said = submit("python", "-m", "swiftray", "run", "./libTestApp.so", "lanes", SWIFTRAY_LANE=lane)
    assert status == 0, said
    assert "pending 301" in said


def test_nodes_get_the_python_package_with_the_job(submit, bare_package):
    """Neither the nodes nor the uploaded folder have it."""
    for entrypoint in (["./test-app", "nodes"], ["python", "-m", "swiftray", "run", "./libTestApp.so", "nodes"]):
        status, said = submit(*entrypoint, folder=bare_package, runtime_env={"py_modules": [PACKAGE]})
        assert status == 0, said
        assert len(set(line[2:] for line in said.splitlines() if line[:2] in ("a ", "b "))) == 2, said


def test_without_the_python_package_the_job_says_so(submit, bare_package):
    status, said = submit("./test-app", "nodes", folder=bare_package)
    assert status != 0
    assert "has no package 'swiftray'" in said


def test_tasks_run_on_both_nodes_with_relative_paths(submit):
    status, said = submit("./test-app", "nodes")
    assert status == 0, said
    found = {line.split()[0]: line.split()[1] for line in said.splitlines() if line[:2] in ("a ", "b ")}
    assert len(set(found.values())) == 2, said


@pytest.mark.parametrize("lane", ["python", "auto"])
def test_strategies_choose_nodes(submit, lane):
    status, said = submit("./test-app", "strategies", SWIFTRAY_LANE=lane)
    assert status == 0, said
    assert "strategies: 2 [true, true] 2" in said


@pytest.mark.parametrize("lane", ["python", "auto"])
def test_chains_go_through_two_languages_and_two_nodes(submit, lane):
    status, said = submit("./test-app", "chains", SWIFTRAY_LANE=lane)
    assert status == 0, said
    mixed = "swift python swift python swift python swift"
    expected = {
        "swift": " ".join(["swift"] * 7), "python": " ".join(["python"] * 7), "tasks": mixed, "actors": mixed,
        "swift actors": " ".join(["swift"] * 7), "nested": "swift python swift",
    }  # fmt: skip
    for name, stops in expected.items():
        assert f"chain {name}: {stops}, nodes 2" in said


@pytest.mark.parametrize("lane", ["python", "auto"])
def test_what_workers_print_is_in_the_jobs_log(submit, lane):
    status, said = submit("./test-app", "prints", SWIFTRAY_LANE=lane)
    assert status == 0, said
    assert "from a worker: 41" in said
    assert "from the driver: 42" in said


def test_a_failed_program_is_a_failed_job(submit):
    status, said = submit("./test-app", "fail")
    assert status != 0
    assert "asked to" in said
    assert "FAILED" in said or "failed" in said


def test_the_exit_status_is_reported(submit):
    status, said = submit("./test-app", "exit", "7")
    assert status != 0
    assert "exit code 7" in said


def test_the_dashboard_wants_the_token(submit):
    status, said = submit("./test-app", "squares", token=False)
    assert status != 0
    assert "token" in said.lower()


def test_a_program_that_is_not_there(submit):
    status, said = submit("./no-app")
    assert status != 0
    assert "no-app" in said
