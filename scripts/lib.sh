# What every script here starts with: the repository's root and the tools a build needs.
# shellcheck shell=bash
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

say() { printf '==> %s\n' "$*"; }
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Puts the Swift toolchain on PATH where it is installed but not there.
find_swift() {
  command -v swift >/dev/null && return
  local folder
  for folder in "$HOME/.local/share/swiftly/bin" "$HOME/.swiftly/bin" /opt/swift/usr/bin /usr/local/swift/usr/bin; do
    [ -x "$folder/swift" ] || continue
    PATH="$folder:$PATH"
    return
  done
  fail "Swift 6.3 or newer is needed: https://www.swift.org/install"
}

check_swift_version() {
  local version
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
  [ "$(printf '%s\n6.3\n' "$version" | sort -V | head -n 1)" = 6.3 ] || fail "Swift 6.3 or newer is needed, found ${version:-none}"
}

# Installs the Debian packages whose file or command is missing. Root is asked for only then.
# Arguments: pairs of a command or an absolute path, and the package that has it.
need() {
  local missing=()
  while [ $# -gt 0 ]; do
    case $1 in
      /*) [ -e "$1" ] || missing+=("$2") ;;
      *) command -v "$1" >/dev/null || missing+=("$2") ;;
    esac
    shift 2
  done
  [ ${#missing[@]} -eq 0 ] && return
  command -v apt-get >/dev/null || fail "please install: ${missing[*]}"
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || fail "please run: sudo apt-get install ${missing[*]}"
    as_root=(sudo -n)
  fi
  say "installing ${missing[*]}"
  "${as_root[@]}" apt-get update -q </dev/null
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}" </dev/null
}

# Everything a build on a bare system lacks: SwiftPM calls git, the linker driver wants a C library's development files.
prepare() {
  find_swift
  check_swift_version
  if [ "$(uname -s)" = Linux ]; then
    need git git ld binutils gcc gcc /usr/include/stdlib.h libc6-dev
    ls /usr/lib/gcc/*/*/libstdc++.so >/dev/null 2>&1 || need /nonexistent libstdc++-12-dev
  fi
}

# The Ray that tests run against; RAY_VERSION asks for another.
ray_version=${RAY_VERSION:-2.60.0}
older_ray_version=2.50.0

# Makes .venv, a Python with Ray whose library is shared, and puts it into the environment. Fails, and says why, where none can be had.
# RAY_PYTHON names an environment that is there already; "none" goes without.
prepare_ray() {
  [ "${RAY_PYTHON:-}" = none ] && { say "WITHOUT RAY: RAY_PYTHON=none" && return 1; }
  use_ray_environment "${RAY_PYTHON:-$root/.venv}"
}

# The same with the oldest Ray that is supported. RAY_OLDER_PYTHON names an environment that has it.
prepare_older_ray() {
  [ "${RAY_PYTHON:-}" = none ] && { say "WITHOUT RAY: RAY_PYTHON=none" && return 1; }
  ray_version=$older_ray_version
  use_ray_environment "${RAY_OLDER_PYTHON:-$root/.venv-$older_ray_version}"
}

use_ray_environment() {
  if ! "$1/bin/python3" -c 'import ray, msgpack, numpy, pyarrow, pytest' 2>/dev/null; then
    # A process of its own: what cannot be installed ends that one.
    (make_ray_environment "$1") || { say "WITHOUT RAY: no Python environment with ray $ray_version could be made" && return 1; }
  fi
  export VIRTUAL_ENV=$1 RAY_USAGE_STATS_ENABLED=0
}

make_ray_environment() {
  local python=python3 version
  if [ "$(uname -s)" = Linux ] && command -v apt-get >/dev/null && ! command -v python3 >/dev/null; then need python3 python3; fi
  command -v "$python" >/dev/null || return 1
  "$python" -c 'import venv, ensurepip' 2>/dev/null || need /nonexistent python3-venv || return 1
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  if ! "$python" -c 'import sysconfig; raise SystemExit(not sysconfig.get_config_var("Py_ENABLE_SHARED"))'; then
    need /nonexistent "libpython$version" || return 1
  fi
  say "making $1 with ray $ray_version"
  "$python" -m venv "$1" || return 1
  "$1/bin/python3" -m pip install -q --disable-pip-version-check "ray[default,cpp]==$ray_version" msgpack numpy pyarrow pytest || return 1
}
