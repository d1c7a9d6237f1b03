"""Which calls go native: decisions without a cluster."""

import pytest

from swiftray import lanes


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"name": "f", "num_cpus": 2, "resources": {"a": 1.0}, "max_retries": 1},
        {"scheduling_strategy": "SPREAD"},
        {"scheduling_strategy": ("node", True), "retry_exceptions": False},
        {"runtime_env": {}},
        {"obstacle": None},
    ],
)
def test_plain_tasks_go_native(options):
    assert lanes.task_obstacle(options, 1) is None


@pytest.mark.parametrize(
    "options, returns, reason",
    [
        ({}, "streaming", "a stream"),
        ({}, 2, "2 results"),
        ({}, 0, "0 results"),
        ({"retry_exceptions": True}, 1, "retries after errors"),
        ({"retry_listed": True}, 1, "retries after errors"),
        ({"max_retries": 0}, 1, "maxRetries 0: the call must not start twice"),
        ({"num_gpus": 1}, 1, "GPUs, which a native worker cannot lend"),
        ({"runtime_env": {"env_vars": {"A": "1"}}}, 1, "option runtime_env"),
        ({"something_new": 1}, 1, "option something_new"),
        ({"obstacle": "it says so"}, 1, "it says so"),
    ],
)
def test_what_native_workers_lack_goes_to_python(options, returns, reason):
    assert lanes.task_obstacle(options, returns) == reason


@pytest.mark.parametrize(
    "options, is_async, is_native",
    [
        ({}, False, True),
        ({"name": "a", "lifetime": "detached", "max_restarts": -1, "max_concurrency": 4}, False, True),
        ({}, True, False),
        ({"max_concurrency": 1}, True, True),
        ({"max_concurrency": 8}, True, False),
        ({"get_if_exists": True, "name": "a"}, False, False),
        ({"obstacle": "App.A.m yields a stream"}, False, False),
    ],
)
def test_actors_live_where_all_their_methods_can_run(options, is_async, is_native):
    assert (lanes.actor_obstacle(options, is_async) is None) == is_native


def test_code_that_calls_others_goes_native_only_where_that_is_asked_for(monkeypatch):
    assert lanes.task_obstacle({"uses_ray": True}, 1) == "its code makes calls of its own"
    monkeypatch.setenv(lanes.LANE, "native")
    assert lanes.task_obstacle({"uses_ray": True}, 1) is None


def test_methods():
    assert lanes.method_obstacle({"max_task_retries": 3}, 1) is None
    assert lanes.method_obstacle({}, 3) == "3 results"


def test_single_calls():
    assert lanes.call_obstacle(100, []) is None
    assert lanes.call_obstacle(lanes.LARGEST_ARGUMENT, []) is None
    assert lanes.call_obstacle(lanes.LARGEST_ARGUMENT + 1, []) is not None
    assert lanes.call_obstacle(1, ["ref"]) is not None


@pytest.mark.parametrize("version, is_known", [((2, 39), False), ((2, 40), True), ((2, 60), True), ((2, 61), False), ((3, 0), False)])
def test_unknown_versions_are_not_tried(version, is_known):
    assert (lanes.version_obstacle(version) is None) == is_known


@pytest.mark.parametrize(
    "command_line, is_able",
    [
        (["raylet", "--node_id=1", "--cpp_worker_command=python default_worker --x=1"], True),
        (["raylet", "--cpp_worker_command="], False),
        (["raylet", "--cpp_worker_command= "], False),
        (["raylet"], False),
        ([], False),
    ],
)
def test_nodes_without_ray_cpp_are_never_asked(command_line, is_able):
    assert (lanes.raylet_obstacle(command_line) is None) == is_able


def test_nodes_without_the_library_are_never_asked():
    assert lanes.library_obstacle([]) is None
    assert "./libMyApp.so is not there" in lanes.library_obstacle(["./libMyApp.so"])


@pytest.mark.parametrize("answer, is_same", [("1-ab", True), ("1-cd", False), ("", False), (None, False), (b"1-ab", False)])
def test_library_and_program_must_be_of_one_build(answer, is_same):
    assert (lanes.probe_obstacle(answer, "1-ab") is None) == is_same


def test_choice():
    assert lanes.choice({}) == "auto"
    assert lanes.choice({lanes.LANE: "python"}) == "python"
    with pytest.raises(ValueError, match="auto, native or python"):
        lanes.choice({lanes.LANE: "fast"})


def test_parameters_of_compiled_functions_are_read_off_their_documentation():
    from swiftray import submission

    def function():
        """C.f(self, Language language, args, int64_t count=-1, tensor: Optional[Dict[str, int]], dict labels=None)"""

    assert submission.parameters(function) == ["language", "args", "count", "tensor", "labels"]
    with pytest.raises(ValueError):
        submission.parameters(test_choice)
