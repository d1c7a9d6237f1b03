"""What a program says when the Ray engine cannot start, or a node cannot run its calls: soon, why, and what to do."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time

import apps
import clusters
import pytest

from swiftray import reach, shipping

SOON = 25  # seconds; Ray by itself tries for minutes


@pytest.fixture(scope="module")
def folder():
    return apps.build()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with clusters.running(tmp_path_factory.mktemp("cluster"), nodes=[{"a": 4}]) as cluster:
        yield cluster


def run(folder, *arguments, program="./test-app", timeout=90, **variables):
    """`(exit status, everything said, seconds)`"""
    environment = {**os.environ, "SWIFTRAY_PYTHON": sys.executable, "RAY_USAGE_STATS_ENABLED": "0", **variables}
    environment = {name: value for name, value in environment.items() if value is not None}
    start = time.monotonic()
    done = subprocess.run(
        [program, *(arguments or ["squares"])], cwd=folder, env=environment, timeout=timeout,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    return done.returncode, done.stdout, time.monotonic() - start


def refused(folder, *texts, **variables):
    status, said, seconds = run(folder, **variables)
    assert status != 0, said
    for text in texts:
        assert text in said
    assert seconds < SOON, said
    return said


# -- Python


def test_no_python(folder, tmp_path):
    refused(
        folder, "there is no python3 on the path", "pip install", "SWIFTRAY_PYTHON",
        SWIFTRAY_PYTHON=None, VIRTUAL_ENV=None, PATH=str(tmp_path), RAY_ADDRESS="ray:local",
    )  # fmt: skip


def test_a_python_that_is_none(folder):
    refused(folder, "SWIFTRAY_PYTHON='/nowhere/python'", "name a Python interpreter", SWIFTRAY_PYTHON="/nowhere/python", RAY_ADDRESS="ray:local")
    refused(folder, "is no Python 3", SWIFTRAY_PYTHON=shutil.which("echo"), RAY_ADDRESS="ray:local")


def test_a_python_without_ray(folder, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    python = str(tmp_path / "bare" / "bin" / "python3")
    refused(folder, "has no package 'ray'", f"{python} -m pip install", SWIFTRAY_PYTHON=python, RAY_ADDRESS="ray:local")


def test_a_python_without_a_shared_library(folder, tmp_path):
    """What such a Python answers when it is asked for its library."""
    python = tmp_path / "python3"
    python.write_text("#!/bin/sh\nprintf 'answer\\t3.11.0\\t-\\tray\\n'\n")
    python.chmod(0o755)
    refused(folder, "has no shared library", "python -m swiftray run", SWIFTRAY_PYTHON=str(python), RAY_ADDRESS="ray:local")


def test_a_python_without_this_package(folder):
    refused(folder, "has no package 'swiftray'", "pip install", SWIFTRAY_PACKAGE="/nowhere", PYTHONPATH=None, RAY_ADDRESS="ray:local")


def test_a_library_of_python_that_is_none(folder, tmp_path):
    path = tmp_path / "libpython.so"
    path.write_bytes(b"no library")
    refused(folder, f"cannot load {path}", "SWIFTRAY_LIBPYTHON", SWIFTRAY_LIBPYTHON=str(path), RAY_ADDRESS="ray:local")


# -- addresses


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_nobody_listens(folder):
    address = f"127.0.0.1:{free_port()}"
    refused(folder, f"no Ray cluster at {address}", "connection refused", "ray status --address", RAY_ADDRESS=address)


def test_a_name_that_nobody_knows(folder):
    refused(folder, "the name 'nowhere.invalid' is not known", RAY_ADDRESS="nowhere.invalid:6379")


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b""])
def test_something_else_listens(folder, answer):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            connection, _ = listener.accept()
            connection.recv(64)
            connection.sendall(answer)
            connection.close()

        threading.Thread(target=serve, daemon=True).start()
        refused(folder, "something else than Ray answers there", RAY_ADDRESS=f"127.0.0.1:{listener.getsockname()[1]}")


def test_somebody_listens_and_says_nothing():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert reach.obstacle("127.0.0.1", listener.getsockname()[1], seconds=0.2) == "nothing answers within 0.2 s"


@pytest.mark.parametrize("address, text", [("somewhere", "is no address"), ("ray://127.0.0.1:10001", "Ray Client"), ("host:99999", "is no address")])
def test_what_is_no_address(folder, address, text):
    refused(folder, text, RAY_ADDRESS=address)


# -- the cluster


def test_the_cluster_takes_its_own_token(folder, cluster):
    status, said, _ = run(folder, RAY_ADDRESS=cluster.address, **cluster.environment)
    assert status == 0, said
    assert "[1, 4, 9, 16]" in said


def test_a_token_that_is_there_is_used_without_being_told(folder, cluster, tmp_path):
    (tmp_path / ".ray").mkdir()
    shutil.copy(cluster.environment["RAY_AUTH_TOKEN_PATH"], tmp_path / ".ray" / "auth_token")
    status, said, _ = run(folder, RAY_ADDRESS=cluster.address, HOME=str(tmp_path), RAY_AUTH_MODE=None, RAY_AUTH_TOKEN_PATH=None)
    assert status == 0, said


@pytest.mark.parametrize("token", ["0" * 64, None])
def test_a_token_that_is_not_the_clusters(folder, cluster, tmp_path, token):
    more = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token} if token else {"RAY_AUTH_MODE": "disabled"}
    refused(folder, "token", "RAY_AUTH_TOKEN", RAY_ADDRESS=cluster.address, HOME=str(tmp_path), **more)


def test_another_version_of_ray(folder, tmp_path):
    """The cluster says that it is of another version: what its drivers compare is what the head wrote down."""
    code = """
        import json, sys
        from ray._raylet import GcsClient
        client = GcsClient(address=sys.argv[1])
        known = json.loads(client.internal_kv_get(b"CLUSTER_METADATA", b"cluster"))
        client.internal_kv_put(b"CLUSTER_METADATA", json.dumps({**known, "ray_version": "2.49.0"}).encode(), True, b"cluster")
    """
    import textwrap

    with clusters.running(tmp_path, nodes=[{}]) as other:
        subprocess.run([sys.executable, "-c", textwrap.dedent(code), other.address], env=other.variables(), check=True)
        refused(folder, "Ray: 2.49.0", 'pip install "ray==', RAY_ADDRESS=other.address, **other.environment)


def test_an_untried_version_of_ray(folder, tmp_path):
    """All processes think that they have a Ray of the future: public interfaces do, and one line says so."""
    # A worker looks at the version when the package is imported.
    (tmp_path / "sitecustomize.py").write_text(
        "import os\n"
        "worker = os.environ.pop('SWIFTRAY_WORKER', None)\n"
        "import swiftray.hooks\n"
        "swiftray.hooks.ray_version = lambda: (2, 99)\n"
        "if worker:\n"
        "    os.environ['SWIFTRAY_WORKER'] = worker\n"
        "    swiftray.worker.start()\n"
    )
    status, said, _ = run(
        folder, "untried", RAY_ADDRESS="ray:local", RAY_num_workers_soft_limit="8",
        PYTHONPATH=f"{tmp_path}:{os.path.dirname(apps.HERE)}",
    )  # fmt: skip
    assert status == 0, said
    assert "untried: 49 python 5 [1, 2] -3 55 caught deep" in said
    assert said.count("this version was not tried with swiftray; using public interfaces only") == 1, said


def test_sizes_of_a_cluster_that_is_there_already(folder, cluster):
    status, said, _ = run(folder, "sized", RAY_ADDRESS=cluster.address, **cluster.environment)
    assert status != 0
    assert "are the cluster's own; leave them out" in said


# -- the program on the nodes


def test_a_node_without_the_program(folder, cluster, tmp_path):
    program = str(tmp_path / "vanishing-app")
    shutil.copy(os.path.join(folder, "test-app"), program)
    environment = cluster.variables(RAY_ADDRESS=cluster.address)
    child = subprocess.Popen([program, "squares"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    # It runs by now; what it asks the node to start is gone.
    os.chmod(program, 0o644)
    said, _ = child.communicate(timeout=90)
    assert child.returncode != 0
    assert f"the program {program} is not on this node ({socket.gethostname()})" in said
    assert "ray job submit --working-dir" in said


def test_a_node_that_lacks_a_library_of_the_program(tmp_path):
    for name, text in (("lacking.c", "int answer(void) { return 42; }"), ("program.c", "int answer(void); int main(void) { return answer(); }")):
        (tmp_path / name).write_text(text)
    cc = ["cc", "-w"]
    subprocess.run([*cc, "-shared", "-fPIC", "-o", "liblacking.so", "lacking.c"], cwd=tmp_path, check=True)
    subprocess.run([*cc, "-o", "program", "program.c", "-L.", "-llacking"], cwd=tmp_path, check=True)
    script = tmp_path / "worker.py"
    script.write_text("import os; print(os.environ['SWIFTRAY_FAILURE'])")
    command = f"exec {shipping.starting('./program')} {script}"
    said = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert said.stdout == "the program ./program cannot start on this node, which lacks liblacking.so \n"
    complete = subprocess.run(["bash", "-c", command], cwd=tmp_path, env={**os.environ, "LD_LIBRARY_PATH": "."})
    assert complete.returncode == 42


def test_a_library_that_is_not_there(cluster):
    missing = run(".", "-m", "swiftray", "run", "./libNothing.so", program=sys.executable, PYTHONPATH=os.path.dirname(apps.HERE))
    assert missing[0] != 0
    assert "the Swift library './libNothing.so' is not on this node" in missing[1]


def test_functions_that_the_workers_program_lacks(cluster, folder):
    """A driver of another build than the library that the workers load."""
    status, said, _ = run(folder, "unknown-function", RAY_ADDRESS=cluster.address, SWIFTRAY_LANE="python", **cluster.environment)
    assert status != 0
    assert "noSuchFunction" in said


def test_native_workers_were_asked_for_and_cannot_be_had(folder, cluster):
    said = refused(
        folder, "SWIFTRAY_LANE=native, but native workers cannot be used", "no dynamic library of this program was found",
        SWIFTRAY_LIBRARY=None, RAY_ADDRESS=cluster.address, SWIFTRAY_LANE="native", program=lonely(folder), **cluster.environment,
    )  # fmt: skip
    assert "SWIFTRAY_LANE=auto" in said


def test_nodes_without_ray_cpp(folder, tmp_path):
    with clusters.running(tmp_path, nodes=[{"a": 4}], has_cpp=False) as cluster:
        at_cluster = {"RAY_ADDRESS": cluster.address, **cluster.environment}
        refused(folder, "ray-cpp is not installed there", 'pip install "ray[cpp]"', SWIFTRAY_LANE="native", **at_cluster)
        status, said, _ = run(folder, "lanes", **at_cluster)
        assert status == 0, said
        assert "task python" in said


def lonely(folder):
    """The program without the library beside it."""
    alone = os.path.join(folder, "alone")
    os.makedirs(alone, exist_ok=True)
    return shutil.copy(os.path.join(folder, "test-app"), alone)


def test_a_lane_that_there_is_not(folder):
    refused(folder, "it can be auto, native or python", SWIFTRAY_LANE="sideways", RAY_ADDRESS="ray:local")


# -- decisions without a cluster


def test_what_is_shipped(tmp_path):
    here = str(tmp_path)
    away = {"address": "10.0.0.1:6379"}
    package = os.path.realpath(os.path.dirname(shipping.__file__))
    assert shipping.prepare(away, {})["runtime_env"]["py_modules"] == [package]
    assert "py_modules" not in shipping.prepare({"address": "local"}, {})["runtime_env"]
    assert shipping.prepare({**away, "runtime_env": {"py_modules": ["x"]}}, {})["runtime_env"]["py_modules"] == ["x"]

    def in_job(**runtime_env):
        return {"RAY_JOB_CONFIG_JSON_ENV_VAR": json.dumps({"runtime_env": runtime_env})}

    assert shipping.prepare(away, in_job(), here)["runtime_env"]["py_modules"] == [package]
    assert "py_modules" not in shipping.prepare(away, in_job(py_modules=["y"]), here)["runtime_env"]
    # The job's working directory has it.
    assert "py_modules" not in shipping.prepare(away, in_job(), os.path.dirname(package))["runtime_env"]


@pytest.mark.parametrize("place, expected", [("10.0.0.1:6379", ("10.0.0.1", 6379)), ("[::1]:6379", ("::1", 6379))])
def test_addresses_are_taken_apart(place, expected):
    assert reach.split(place) == expected
