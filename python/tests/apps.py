"""The Swift program that the tests run, built once per run of the tests."""

import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.join(HERE, "TestApp")
BUILD = os.environ.get("SWIFTRAY_TEST_BUILD", os.path.join(PACKAGE, ".build"))


def build(configuration="debug"):
    """The folder with `test-app` and `libTestApp.so`."""
    subprocess.run(["swift", "build", "--package-path", PACKAGE, "--scratch-path", BUILD, "-c", configuration], check=True)
    return os.path.join(BUILD, configuration)


def environment(**more):
    return {**os.environ, "SWIFTRAY_PYTHON": sys.executable, "RAY_USAGE_STATS_ENABLED": "0", **more}


def run(folder, *arguments, timeout=120, **more):
    """Runs the program on a Ray node of its own; returns the exit status, its own lines, and everything it said."""
    done = subprocess.run(
        ["./test-app", *arguments], cwd=folder, env=environment(RAY_ADDRESS="ray:local", **more), timeout=timeout,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if not re.match(r"\x1b|\(|\[", line)]
    return done.returncode, lines, done.stdout + done.stderr
