"""Runs calls of all kinds on a Ray node, up to millions of them, and says whether anything is left behind.

    python python/tests/soak.py --calls 1000000 [--lane native] [--release]

Twenty times on the way it notes the resident memory of the driver, of the workers and of the node, and how many references Ray
counts for the driver.
"""

import argparse
import os
import subprocess
import sys

import apps

KINDS = ("driver", "workers", "node")


class Mark:
    """One look at a running program: `calls` so far, `references` that Ray counts, MiB of memory by `kind` of process."""

    def __init__(self, calls, references, memory):
        self.calls = calls
        self.references = references
        self.memory = memory

    def __str__(self):
        sizes = "".join(f"{self.memory[kind]:>9.1f}" for kind in KINDS)
        return f"{self.calls:>10,}{self.references:>12}{sizes}"


HEADING = f"{'calls':>10}{'references':>12}" + "".join(f"{kind + ' MiB':>{max(9, len(kind) + 4)}}" for kind in KINDS)


def run(folder, calls, lane="auto", show=None):
    """The marks of one run."""
    # Ray's own history of calls, which grows to a hundred thousand of them in every process, would hide what is left behind.
    ray = {"RAY_num_workers_soft_limit": "8", "RAY_task_events_report_interval_ms": "0"}
    environment = apps.environment(RAY_ADDRESS="ray:local", SWIFTRAY_LANE=lane, **ray)
    child = subprocess.Popen(["./test-app", "soak", str(calls)], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
    marks = []
    for line in child.stdout:
        words = line.split()
        if words[:1] == ["held"] and int(words[1]) < 25:
            raise RuntimeError(f"the driver holds 25 references, and Ray counts {words[1]}")
        if words[:1] == ["mark"]:
            marks.append(Mark(int(words[1]), int(words[2]), memory(child.pid)))
            if show:
                show(marks[-1])
    if child.wait() != 0:
        raise RuntimeError(f"the program ended with {child.returncode}")
    return marks


def growth(marks, kind):
    """MiB that the memory grew from the second fifth of the run to its last: the smallest of each, as heaps breathe."""
    fifth = len(marks) // 5
    early, late = marks[fifth : 2 * fifth], marks[-fifth:]
    return min(mark.memory[kind] for mark in late) - min(mark.memory[kind] for mark in early)


def memory(driver):
    """MiB of the driver's own, of the processes below the node's raylet, and of Ray's own."""
    parents, names = {}, {}
    for process in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            with open(f"/proc/{process}/stat") as file:
                head, _, rest = file.read().rpartition(")")
            parents[process], names[process] = int(rest.split()[1]), head.partition("(")[2]
        except (OSError, ValueError, IndexError):
            continue
    sizes = dict.fromkeys(KINDS, 0.0)
    sizes["driver"] = resident(driver)
    for process in parents:
        line, above = [], process
        while above in parents and above != driver and len(line) < 20:
            line.append(names[above])
            above = parents[above]
        if above == driver and line:
            # Ray keeps helpers below the raylet, too: they have the word in their names.
            is_worker = "raylet" in line[1:] and not any(word in line[0] for word in ("agent", "monitor"))
            sizes["workers" if is_worker else "node"] += resident(process)
    return sizes


def resident(process):
    """Memory of a process's own; what it maps of the store or of files belongs to nobody."""
    try:
        with open(f"/proc/{process}/status") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith("RssAnon")) / 1024
    except OSError:
        return 0.0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--lane", default="auto")
    parser.add_argument("--release", action="store_true")
    given = parser.parse_args()
    folder = apps.build("release" if given.release else "debug")
    print(HEADING)
    marks = run(folder, given.calls, given.lane, lambda mark: print(mark, flush=True))
    calls = marks[-1].calls * 4 // 5
    for kind in KINDS:
        grown = growth(marks, kind)
        print(f"{kind}: {grown:+.1f} MiB over {calls:,} calls, {grown * (1 << 20) / calls:+.1f} bytes per call")
    return 0 if marks[-1].references <= marks[0].references + 2 else 1


if __name__ == "__main__":
    sys.exit(main())
