"""The command `gateway` of the sessions: asks tests/forked.py for a fork, which is the command.

In front of a session's PATH, so that what its shell runs as `gateway` starts in a fraction of the time.
Arguments, folder, environment, files and signals are those of a process; so is how it ends.
"""

import json
import os
import signal
import socket
import sys


def main(address: str) -> None:
    """Be the command that this process was started as."""
    asked = {"arguments": sys.argv[1:], "cwd": os.getcwd(), "env": dict(os.environ)}
    asked["first"] = os.path.dirname(sys.argv[0])  # modules are looked for there, and not in the folder
    text = json.dumps(asked).encode()
    with socket.socket(socket.AF_UNIX) as told:
        told.connect(address)
        socket.send_fds(told, [len(text).to_bytes(4, "big")], [0, 1, 2])
        told.sendall(text)
        pid = int.from_bytes(told.recv(4, socket.MSG_WAITALL), "big")
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda number, _: os.kill(pid, number))
        code = int.from_bytes(told.recv(4, socket.MSG_WAITALL), "big", signed=True)
    os._exit(code if code >= 0 else 128 - code)
