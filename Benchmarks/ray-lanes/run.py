"""Compares the lanes of the Ray engine with plain Python Ray and with Ray's own C++ workers: same run, interleaved rounds, a fresh
node of two CPUs each time.

    python run.py [--rounds 3] [--scale 1.0] [--lanes plain,limit,python,native] [--json results.json]

Needs `pip install "ray[cpp]" numpy msgpack` and the release build of this package (`swift build -c release`). Prints medians, the median of each
round's ratio to plain Python, that ratio over the one of Ray for Go, and CPU time per operation of the driver, its workers and the
node.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = ("task_sync", "task_async", "actor_sync", "actor_async", "put_100MiB", "get_100MiB")
# Ray for Go, the published package goray 1.2.1, as a part of plain Python's rate in one process and on one node of two CPUs:
# measured once (400 asynchronous tasks, where it is at its best), as its package and toolchain are not at hand everywhere.
GORAY = {"task_sync": 0.46, "task_async": 0.22, "actor_sync": 0.66, "actor_async": 0.54}
# Where the library of the lane "limit" is built.
LIMIT = os.path.join(HERE, ".build", "liblimit.so")
TICK = os.sysconf("SC_CLK_TCK")


def command(lane, scale):
    if lane in ("plain", "limit"):
        return [sys.executable, os.path.join(HERE, "plain.py"), str(scale), *([LIMIT] if lane == "limit" else [])], {}
    program = os.path.join(HERE, ".build", "release", "lanes-app")
    return [program, str(scale)], {"RAY_ADDRESS": "ray:local", "SWIFTRAY_PYTHON": sys.executable, "SWIFTRAY_LANE": lane}


def build_limit():
    """Compiles the C++ functions against the headers in the wheel; Ray's libraries have the older strings of libstdc++."""
    import ray

    cpp = os.path.join(os.path.dirname(ray.__file__), "cpp")
    flags = ["-std=c++17", "-O2", "-w", "-shared", "-fPIC", "-D_GLIBCXX_USE_CXX11_ABI=0", f"-I{cpp}/include"]
    link = [f"-L{cpp}/lib", "-Wl,--no-as-needed", "-lray_api", f"-Wl,-rpath,{cpp}/lib"]
    subprocess.run(["clang++", *flags, os.path.join(HERE, "limit.cpp"), "-o", LIMIT, *link], check=True)


def run(lane, scale):
    arguments, more = command(lane, scale)
    environment = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0", **more}
    child = subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    results, before, seen = {}, None, {}
    for line in child.stdout:
        words = line.split()
        if words[:1] == ["begin"]:
            before = cpu(child.pid, seen)
        elif words[:1] == ["end"]:
            after, number, seconds = cpu(child.pid, seen), int(words[2]), float(words[3])
            spent = {kind: (after[kind] - before[kind]) / number * 1e6 for kind in after}
            results[words[1]] = {"rate": number / seconds, "cpu": spent}
    said = child.stderr.read()
    if child.wait() != 0 or set(results) != set(CASES):
        sys.exit(f"{lane} failed:\n{said}")
    return results


def cpu(driver, seen):
    """Seconds of CPU that the driver, the workers below the node, and the node itself have used so far.

    `seen` keeps what processes had used that have ended since.
    """
    parents, times, names = {}, {}, {}
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{process}/stat") as file:
                head, _, rest = file.read().rpartition(")")
            fields = rest.split()
            names[int(process)] = head.partition("(")[2]
            parents[int(process)] = int(fields[1])
            times[int(process)] = (int(fields[11]) + int(fields[12])) / TICK
        except (OSError, ValueError, IndexError):
            continue
    seen[driver] = ("driver", times.get(driver, 0.0))
    for process in times:
        line = []
        above = process
        while above in parents and above != driver and len(line) < 20:
            line.append(above)
            above = parents[above]
        if above == driver and line:
            kinds = [names[member] for member in line]
            seen[process] = ("workers" if "raylet" in kinds[1:] else "node", times[process])
    spent = {"driver": 0.0, "workers": 0.0, "node": 0.0}
    for kind, seconds in seen.values():
        spent[kind] += seconds
    return spent


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--lanes", default="plain,limit,python,native")
    parser.add_argument("--json")
    given = parser.parse_args()
    lanes = given.lanes.split(",")
    if "limit" in lanes:
        build_limit()
    rounds = []
    for number in range(given.rounds):
        order = lanes[number % len(lanes) :] + lanes[: number % len(lanes)]
        rounds.append({lane: run(lane, given.scale) for lane in order})
        print(f"round {number + 1} of {given.rounds} done", file=sys.stderr, flush=True)
    report(lanes, rounds)
    if given.json:
        with open(given.json, "w") as file:
            json.dump(rounds, file, indent=1)


def report(lanes, rounds):
    for case in CASES:
        print(f"\n{case}")
        for lane in lanes:
            rates = [results[lane][case]["rate"] for results in rounds]
            spent = {kind: statistics.median(results[lane][case]["cpu"][kind] for results in rounds) for kind in ("driver", "workers", "node")}
            ratio = ""
            if "plain" in lanes and lane != "plain":
                ratios = [results[lane][case]["rate"] / results["plain"][case]["rate"] for results in rounds]
                ratio = f"x{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
                if case in GORAY:
                    ratio += f"  x{statistics.median(ratios) / GORAY[case]:.1f} GoRay"
            value = f"{1000 / statistics.median(rates):.3f} ms" if "MiB" in case else f"{statistics.median(rates):.0f}/s"
            usage = " / ".join(f"{spent[kind]:.0f}" for kind in ("driver", "workers", "node"))
            print(f"  {lane:8} {value:>12}  {ratio:36} CPU us per operation: {usage}")


if __name__ == "__main__":
    main()
