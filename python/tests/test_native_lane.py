"""Swift functions and actors in native workers, driven by a Swift program on a Ray node of its own."""

import os
import signal
import subprocess

import apps
import pytest

import ray

needs_cpp = pytest.mark.skipif(
    not os.path.exists(os.path.join(os.path.dirname(ray.__file__), "cpp", "default_worker")), reason="ray-cpp is not installed"
)


@pytest.fixture(scope="module")
def folder():
    return apps.build()


def answers(lines):
    return dict(line.split(" ", 1) for line in lines if " " in line)


@needs_cpp
def test_plain_calls_run_in_native_workers_and_others_in_python(folder):
    status, lines, said = apps.run(folder, "lanes", SWIFTRAY_LANE="native")
    assert status == 0, said
    assert lines == ["task native", "actor native", "retried python", "pending 301"]


def test_the_python_lane_can_be_chosen(folder):
    status, lines, said = apps.run(folder, "lanes", SWIFTRAY_LANE="python")
    assert status == 0, said
    assert lines == ["task python", "actor python", "retried python", "pending 301"]


@needs_cpp
def test_what_tasks_do_in_native_workers(folder):
    status, lines, said = apps.run(folder, "native", SWIFTRAY_LANE="native")
    assert status == 0, said
    assert lines == [
        "fibonacci 5",
        "nestedRefusal caught deep",
        "nestedPut 150000.0",
        "nestedActor [11, 13]",
        'namedActors ["6", "22", "actorNotFound"] 7',
        'surroundings ["true", "true", "[true]", "true", "[\\"mine\\", \\"till\\"]", "TestApp.Counter"]',
        "detachedGet 121",
        "impatient getTimedOut",
        "refuse no",
        "hiddenReference 5",
        "buriedReference unsupported",
        "scale native 50.0 100000.0 200000.0 400000.0",
        "foreman python 13",
        "init actorDied true",
        "lost workerCrashed",
        "lost to actor workerCrashed",
        "actor lives 6",
        "context TestApp.whereabouts()",
    ]
    assert "swift_ray::Error: Refusal" in said, "the log line is forwarded, so that what follows was looked for"
    assert "swift-ray-error" not in said


@needs_cpp
def test_tasks_that_need_more_run_again_in_python_workers(folder):
    status, lines, said = apps.run(folder, "detours", SWIFTRAY_LANE="native")
    assert status == 0, said
    assert lines == [
        'split ["python", "-1", "10", "9", "8", "0.75"]',
        'reference ["python", "-2", "10", "9", "8", "1.5"]',
        'cancelled ["python", "taskCancelled"]',
        'nested ["python", "-5", "10", "9", "8", "2.0"]',
        "failing caught late",
        "refused in python",
        "once python",
    ]
    assert "TestApp.ambitious(_:_:cancels:) needs several results, which native workers lack" in said


@needs_cpp
def test_what_native_workers_lack_is_found_wherever_it_is_asked_for(folder):
    """In options of nested calls, in errors that are caught, in detached tasks; and a cancellation finds the call where it went."""
    status, lines, said = apps.run(folder, "hidden", SWIFTRAY_LANE="native")
    assert status == 0, said
    assert lines == [
        "optioned python",
        "quiet python",
        "detached python",
        "borrower python 5",
        'misfortunes ["actorNameTaken", "actorDied", "actorDied", "workerCrashed", "native"]',
        "sleeper sleeps in python",
        "sleeper hears of it in python",
        "sleeper taskCancelled",
    ]


@pytest.mark.parametrize("lane, count", [("python", 90), pytest.param("native", 15, marks=needs_cpp)])
def test_no_cancellation_is_lost(folder, lane, count):
    """Ray loses those that overtake their call on its way to the worker."""
    status, lines, said = apps.run(folder, "cancellations", str(count), SWIFTRAY_LANE=lane)
    assert status == 0, said
    assert lines[-2:] == [f'cancelled ["taskCancelled": {count}]', "usable 16"]


def test_a_wrong_choice_is_an_error_that_says_what_to_write(folder):
    status, _, said = apps.run(folder, "squares", SWIFTRAY_LANE="fast")
    assert status == 1
    assert "auto, native or python" in said


def test_an_exit_status_is_the_programs_own(folder):
    assert apps.run(folder, "exit", "7")[0] == 7
    status, _, said = apps.run(folder, "fail")
    assert status == 1
    assert "asked to" in said


@needs_cpp
def test_code_that_makes_calls_runs_in_python_workers_unless_native_ones_are_asked_for(folder):
    for lane, place in (("auto", "python"), ("native", "native")):
        status, lines, said = apps.run(folder, "callers", SWIFTRAY_LANE=lane)
        assert status == 0, said
        assert lines == [f"plain native, caller {place}, its callee native"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_program_ends_with_a_signal(folder, number):
    child = subprocess.Popen(
        ["./test-app", "endless"], cwd=folder, env=apps.environment(RAY_ADDRESS="ray:local"), stdout=subprocess.PIPE, text=True
    )
    try:
        while child.stdout.readline().strip() != "started":
            assert child.poll() is None
        child.send_signal(number)
        assert child.wait(timeout=60) == -number
    finally:
        child.kill()
        child.wait()


@needs_cpp
def test_python_uses_actors_of_native_workers_by_handle_and_by_name(folder):
    status, lines, said = apps.run(folder, "python", SWIFTRAY_LANE="native")
    assert status == 0, said
    assert lines == ["lives native", 'refused ["TestApp.Refusal", "TestApp.Refusal: Refusal(reason: \\"no\\")"]', "sums [15, 16]"]
