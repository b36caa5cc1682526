"""Runs a command in a pseudo-terminal, and types what it is told to.

Reads JSON from standard input: `command`, `env`, `columns`, and `steps`, each
with the text to wait for and the keys to type then. Prints JSON: the output,
and the exit code.
"""

import errno
import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios
import time

LIMIT_S = 60


def main() -> None:
    task = json.load(sys.stdin)
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(task["command"][0], task["command"], task["env"])
    size = struct.pack("HHHH", 24, task["columns"], 0, 0)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)
    output = converse(terminal, task["steps"])
    _, status = os.waitpid(pid, 0)
    print(json.dumps({"output": output, "code": os.waitstatus_to_exitcode(status)}))


def converse(terminal: int, steps: list) -> str:
    output = ""
    seen = 0
    ends_at = time.monotonic() + LIMIT_S
    while True:
        left = ends_at - time.monotonic()
        if left <= 0 or not select.select([terminal], [], [], left)[0]:
            sys.exit(f"no end within {LIMIT_S} seconds; output: {output!r}")
        piece = read(terminal)
        if not piece:
            if steps:
                sys.exit(f"{steps[0]['wait']!r} never came; output: {output!r}")
            return output
        output += piece
        while steps and steps[0]["wait"] in output[seen:]:
            step = steps.pop(0)
            seen = output.index(step["wait"], seen) + len(step["wait"])
            os.write(terminal, step["type"].encode())


def read(terminal: int) -> str:
    try:
        return os.read(terminal, 65536).decode()
    except OSError as error:
        # Linux reports the end of a terminal like this.
        if error.errno == errno.EIO:
            return ""
        raise


main()
