"""Builds what is measured and finds a Python that has Ray."""
import os
import pathlib
import shutil
import subprocess
import sys
from typing import NamedTuple, Optional

INSTALL_HINT = """--with-ray: no Python with Ray found. Install it beside the repository's other tools:

    python3 -m venv .venv && .venv/bin/pip install ray numpy

or name an interpreter that has it: RAY_PYTHON=/path/to/python Benchmarks/run --with-ray"""


class Programs(NamedTuple):
    """Command lines of the programs; None where a side is not measured."""

    limits: list
    swift: Optional[list]
    swift_first_result: Optional[list]
    ray: Optional[list]
    ray_first_result: Optional[list]
    ray_version: Optional[str]


def build(root: pathlib.Path, with_swift: bool, with_ray: bool) -> Programs:
    # Looked for first: who forgot to install Ray learns it before the build, not after.
    python, version = find_ray(root.parent) if with_ray else (None, None)
    limits = build_limits(root)
    products = build_swift(root) if with_swift else None
    return Programs(
        limits=[str(limits)],
        swift=products and [str(products / "RayBenchmarks")],
        swift_first_result=products and [str(products / "FirstResult")],
        ray=python and [python, str(root / "ray" / "microbenchmark.py")],
        ray_first_result=python and [python, str(root / "ray" / "first_result.py")],
        ray_version=version,
    )


def build_limits(root):
    target = root / ".build-limits" / "limits"
    target.parent.mkdir(exist_ok=True)
    compiler = os.environ.get("CC") or next(filter(shutil.which, ("cc", "clang", "gcc")), None)
    if compiler is None:
        sys.exit("no C compiler found: install one or set CC")
    sources = sorted(str(path) for path in (root / "limits").glob("*.c"))
    check([compiler, "-O2", "-std=gnu11", "-pthread", *sources, "-o", str(target)])
    return target


def build_swift(root):
    options = ["-c", "release", "--package-path", str(root)]
    if sys.platform.startswith("linux"):
        # Without shared libraries to load, processes start sooner; it is also how programs are deployed.
        options.append("--static-swift-stdlib")
    check(["swift", "build", *options], stdout=sys.stderr)
    shown = subprocess.run(["swift", "build", *options, "--show-bin-path"], check=True, capture_output=True, text=True)
    return pathlib.Path(shown.stdout.strip())


def check(command, **keywords):
    print("$ " + " ".join(command), file=sys.stderr, flush=True)
    try:
        subprocess.run(command, check=True, **keywords)
    except FileNotFoundError:
        sys.exit(f"{command[0]}: not found")
    except subprocess.CalledProcessError as error:
        sys.exit(f"{command[0]} failed with status {error.returncode}")


def find_ray(repository):
    candidates = [os.environ.get("RAY_PYTHON"), str(repository / ".venv" / "bin" / "python"), "python3"]
    for python in filter(None, candidates):
        probe = "import numpy, ray; print(ray.__version__)"
        try:
            found = subprocess.run([python, "-c", probe], capture_output=True, text=True)
        except OSError:
            continue
        if found.returncode == 0:
            return python, found.stdout.strip().splitlines()[-1]
    sys.exit(INSTALL_HINT)
