"""The first Python code of a worker that is a Swift program: runs the script that Ray wants to run."""

import atexit
import os
import runpy
import sys

script = sys.argv[0]
# As an interpreter does: the script's folder is searched first.
sys.path.insert(0, os.path.dirname(script))
code = 0
try:
    from swiftray import main_actor
    from swiftray.library import enter_directory
    from swiftray.native import keep_python_functions

    keep_python_functions()
    main_actor.install()
    enter_directory()
    runpy.run_path(script, run_name="__main__")
except SystemExit as end:
    code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
atexit._run_exitfuncs()
sys.stdout.flush()
sys.stderr.flush()
# Threads of Ray and of Swift still run: nothing may be torn down under them.
os._exit(code)
