"""Starts processes, and kills them all when its standard input ends.

    python3 guard.py FOLDER

The input ends when the program that started the guard closes it, and when that
program ends for any reason. The guard then deletes the folder.

Each line of the input is a process to start: {"name", "command", "env", "log"}.
Each line of the output is a process that ended: {"name", "code"}.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading


def main():
    folder = sys.argv[1]
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    children = []
    for line in sys.stdin:
        order = json.loads(line)
        with open(order["log"], "ab") as log:
            child = subprocess.Popen(
                order["command"],
                cwd=folder,
                env=order["env"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # The process leads a group, to which its own children belong.
                start_new_session=True,
                preexec_fn=restore_signals,
            )
        reporter = threading.Thread(
            target=report, args=(order["name"], child.pid), daemon=True
        )
        reporter.start()
        children.append((child, reporter))
    for child, _ in children:
        os.killpg(child.pid, signal.SIGKILL)
    for _, reporter in children:
        reporter.join()
    shutil.rmtree(folder, ignore_errors=True)


def restore_signals():
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_DFL)


def report(name, pid):
    # WNOWAIT: no other process can get this id before the guard has used it.
    end = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    code = end.si_status if end.si_code == os.CLD_EXITED else -end.si_status
    try:
        os.write(1, (json.dumps({"name": name, "code": code}) + "\n").encode())
    except BrokenPipeError:
        pass


main()
