#!/usr/bin/python3
"""The proxy in puppet.service: carries out the statements of its command line, then whatever a test sends it.

One connection carries ["evaluate", EXPRESSION] or ["do", STATEMENTS] and the answer, all JSON: {"value": …},
{"errno": N} after an OSError, or {"failure": "…"}.
"""

import contextlib
import ctypes  # noqa: F401 - for tests
import json
import os
import signal  # noqa: F401 - for tests
import socket
import subprocess  # noqa: F401 - for tests
import sys

PR_GET_SECUREBITS = 27

after_answer = None  # the exit status, once a test has set it


def notify(message: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
        there.sendto(message.encode(), os.environ["NOTIFY_SOCKET"])


def read(path: str) -> str:
    with open(path) as file:
        return file.read()


def securebits() -> int:
    return ctypes.CDLL(None).prctl(PR_GET_SECUREBITS, 0, 0, 0, 0)


def carry_out(how: str, text: str) -> dict:
    try:
        if how == "evaluate":
            return {"value": eval(text, globals())}
        exec(text, globals())
        return {}
    except OSError as error:
        return {"errno": error.errno}


def answer(strings: socket.socket) -> None:
    how, text = json.loads(b"".join(iter(lambda: strings.recv(4096), b"")))
    try:
        reply = json.dumps(carry_out(how, text), default=repr)
    except Exception as failure:
        reply = json.dumps({"failure": repr(failure)})
    strings.sendall(reply.encode())


def main() -> None:
    path = os.path.join(os.environ["RUNTIME_DIRECTORY"], "strings")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)  # of the puppet before
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        for statement in sys.argv[1:]:
            exec(statement, globals())
        while True:
            strings, _ = listener.accept()
            with strings:
                answer(strings)
            if after_answer is not None:
                sys.exit(after_answer)


main()
