"""What the tests share: one Ray node with the Swift library `TwoLanguages`, which `swift build --product TwoLanguages` makes."""

import os
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python"))

import swiftray  # noqa: E402

# Starting a worker takes a second, and Ray ends idle ones beyond the number of CPUs.
os.environ.setdefault("RAY_num_workers_soft_limit", "8")


@pytest.fixture(scope="session")
def library():
    path = os.environ.get("SWIFTRAY_TEST_LIBRARY") or ROOT / ".build" / "debug" / "libTwoLanguages.so"
    if not os.path.exists(path):
        pytest.fail(f"{path} is missing: run 'swift build --product TwoLanguages'")
    swiftray.load(str(path))
    return str(path)


@pytest.fixture(scope="session")
def ray(library):
    """`swiftray` in the place of `ray`, joined to a node of the tests' own."""
    swiftray.init(library=library, num_cpus=4, resources={"shelf": 1}, include_dashboard=False, log_to_driver=False, logging_level="warning")
    yield swiftray
    swiftray.shutdown()
