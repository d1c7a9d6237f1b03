"""`python -m swiftray run ./libMyApp.so` runs a Swift program in this Python."""

import argparse
import os
import sys


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="swiftray", description="Ray for Swift")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run a Swift program that was built as a dynamic library")
    run.add_argument("--address", help="the cluster: auto, host:port, or ray:local for a node of its own (default: RAY_ADDRESS, else auto)")
    run.add_argument("library", help="path of the library")
    run.add_argument("arguments", nargs=argparse.REMAINDER, help="the program's own arguments")
    commands.add_parser("version", help="print the versions of swiftray and Ray")
    options = parser.parse_args(arguments)
    if options.command == "version":
        return _version()
    return _run(options)


def _version():
    import ray

    from . import swiftray_version

    print(f"swiftray {swiftray_version}, ray {ray.__version__}, Python {sys.version.split()[0]}")
    return 0


def _run(options):
    import signal

    from .library import LIBRARY, load

    # Swift runs on this thread from now on, where Python would never come to raise KeyboardInterrupt.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.environ[LIBRARY] = options.library
    os.environ["RAY_ADDRESS"] = options.address or os.environ.get("RAY_ADDRESS") or "auto"
    try:
        load(options.library)
    except (OSError, RuntimeError) as error:
        print(f"swiftray: {error}", file=sys.stderr)
        return 1
    import _swiftray

    return _swiftray.main([options.library, *options.arguments])


if __name__ == "__main__":
    sys.exit(main())
