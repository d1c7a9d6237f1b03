"""Whether a cluster can be joined, found out in seconds: Ray itself tries for minutes, and then ends the process."""

import os
import socket
import time

from .errors import Refused

SECONDS = 10


def use_token():
    """Ray finds the token of this user by itself for a cluster that it starts, and for one that it joins only where RAY_AUTH_MODE
    says so. A cluster without authentication does not mind a token."""
    if "RAY_AUTH_MODE" in os.environ:
        return
    try:
        from ray._private.authentication.authentication_token_setup import _enable_token_auth
        from ray._raylet import AuthenticationTokenLoader

        if AuthenticationTokenLoader.instance().has_token(ignore_auth_mode=True):
            _enable_token_auth()
    except (AttributeError, ImportError, TypeError):
        pass  # versions before tokens


# What every HTTP/2 connection begins with, and its empty settings. A server of Ray's answers with settings of its own.
_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
_SETTINGS = 4


def check(address):
    """Throws where nothing that could be a cluster's head is at the address."""
    if address in (None, "local"):
        return
    place = resolve(address)
    try:
        host, port = split(place)
    except ValueError:
        return  # Ray has its own words for it.
    problem = obstacle(host, port)
    if problem:
        raise Refused("connectionLost", f"there is no Ray cluster at {place}{_origin(address, place)}: {problem}. {_ADVICE}")


_ADVICE = (
    "Name the head's address as 'ray start --head' has printed it (port 6379 where nothing else was said), "
    "and look whether that cluster still runs: ray status --address <host:port>"
)


def _origin(address, place):
    return "" if address == place else f" (what '{address}' stands for here)"


def resolve(address):
    """`host:port` of what `auto` means here."""
    if address != "auto":
        return address
    named = os.environ.get("RAY_ADDRESS")
    if named and named not in ("auto", "local", "ray:local"):
        return named
    try:
        from ray._private.services import canonicalize_bootstrap_address

        found = canonicalize_bootstrap_address("auto")
    except (ImportError, TypeError):
        return address
    except ConnectionError as error:
        raise Refused("connectionLost", str(error)) from None
    if found is None:
        raise Refused(
            "connectionLost",
            "no Ray cluster runs on this machine. Start one with 'ray start --head', join one with 'ray start --address=<host:port>', "
            "name one with RAY_ADDRESS=<host:port>, or use RAY_ADDRESS=ray:local for a node of this program's own",
        )
    return found


def split(place):
    """`[::1]:6379` → `("::1", 6379)`"""
    host, colon, port = place.rpartition(":")
    if not colon:
        raise ValueError(place)
    return host.strip("[]"), int(port)


def obstacle(host, port, seconds=SECONDS):
    """Why this is no head of a cluster, as far as a greeting can tell; None where it may be one."""
    end = time.monotonic() + seconds
    try:
        with socket.create_connection((host, port), timeout=seconds) as connection:
            if os.environ.get("RAY_USE_TLS", "0") not in ("", "0"):
                return None
            connection.settimeout(max(end - time.monotonic(), 0.1))
            connection.sendall(_HELLO)
            return None if _is_http2(connection) else "something else than Ray answers there"
    except socket.gaierror as error:
        return f"the name '{host}' is not known ({error.strerror})"
    except TimeoutError:
        return f"nothing answers within {seconds} s"
    except OSError as error:
        return f"{error.strerror or error}".lower()


def _is_http2(connection):
    answer = b""
    while len(answer) < 9:
        more = connection.recv(9 - len(answer))
        if not more:
            return False
        answer += more
    return answer[3] == _SETTINGS


def explained(error, address):
    """What Ray says when it refuses, with what to do about it."""
    text = str(error) or type(error).__name__
    if "ersion mismatch" in text:
        import ray

        return Refused(
            "protocolViolation",
            f"the driver's Ray or Python is not the cluster's. {text.strip()}\nInstall what the cluster has into the driver's Python, "
            f"which has ray {ray.__version__}: pip install \"ray==<the cluster's version>\"",
        )
    # Something that speaks as Ray does was there a moment ago.
    if isinstance(error, (ConnectionError, SystemExit)) or type(error).__name__ == "AuthenticationError":
        return Refused(
            "connectionLost",
            f"the Ray cluster at '{address}' does not let this program in: {text.strip()}\nMost often the token is missing or another "
            "one: give this program the cluster's, which 'ray get-auth-token' prints on the head, as ~/.ray/auth_token, with "
            f"RAY_AUTH_TOKEN, or with RAY_AUTH_TOKEN_PATH. RAY_AUTH_MODE is {os.environ.get('RAY_AUTH_MODE') or 'not set'}",
        )
    return None
