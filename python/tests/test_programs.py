"""What whole programs say on a Ray node of their own."""

import apps
import pytest


@pytest.fixture(scope="module")
def folder():
    return apps.build()


@pytest.mark.parametrize("lane", ["python", "auto"])
def test_the_configuration_reaches_the_node_and_its_workers(folder, lane):
    status, lines, said = apps.run(folder, "configured", SWIFTRAY_LANE=lane)
    assert status == 0, said
    assert 'configured: Optional("fern") 3.0 2.0 garden' in lines, said


@pytest.mark.parametrize("size, lane", [(150 << 20, "auto"), (150 << 20, "python"), ((2 << 30) + 5, "auto")])
def test_values_of_any_size(folder, size, lane):
    """Above 100 MiB and above 2 GiB, where other formats and other lengths end."""
    if size > 2 << 30 and available() < 6 * size:
        pytest.skip("not enough memory here")
    status, lines, said = apps.run(folder, "huge", str(size), SWIFTRAY_LANE=lane)
    assert status == 0, said
    assert f"huge: [{size}, 7, 7] {size} 7" in lines, said


def available():
    with open("/proc/meminfo") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("MemAvailable")) * 1024


def test_calls_that_the_node_kills_for_its_memory_say_so(folder):
    """The node takes a hundredth of its memory for all of it."""
    status, lines, said = apps.run(
        folder, "memory", SWIFTRAY_LANE="python", RAY_memory_usage_threshold="0.01", RAY_memory_monitor_refresh_ms="100",
        RAY_task_oom_retries="0",
    )  # fmt: skip
    assert status == 0, said
    assert lines == ["memory outOfMemory"]
