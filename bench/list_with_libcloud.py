"""Lists nodes with Apache Libcloud.

Each line of input is one turn, {"path", "calls"}. The line of output is
its cost, {"cpuMs", "wallMs", "nodes"}.

usage: list_with_libcloud.py HOST PORT
"""

import json
import sys
import time
import warnings

# Libcloud prints long warnings if urllib3 is version 2 or later.
warnings.simplefilter("ignore")

from libcloud.compute.drivers import nephoscale  # noqa: E402


class Plain(nephoscale.NephoscaleConnection):
    """Uses plain HTTP on loopback, although the driver requires HTTPS."""

    allow_insecure = True


class Driver(nephoscale.NephoscaleNodeDriver):
    connectionCls = Plain


host, port = sys.argv[1:3]
drivers = {}


def list_nodes(path):
    driver = drivers.get(path)
    if driver is None:
        driver = Driver("user", "password", secure=False, host=host, port=int(port))
        # Each list has its own path. Libcloud has no option for that.
        driver.connection.request_path = path
        drivers[path] = driver
    nodes = driver.list_nodes()
    read = 0
    for node in nodes:
        read += len(node.name) + len(str(node.state))
        read += len(node.public_ips) + len(node.private_ips)
    return len(nodes) if read > 0 else 0


for line in sys.stdin:
    turn = json.loads(line)
    nodes = 0
    started_at = time.perf_counter()
    before = time.process_time()
    for _ in range(turn["calls"]):
        nodes += list_nodes(turn["path"])
    cpu = time.process_time() - before
    wall = time.perf_counter() - started_at
    result = {"cpuMs": cpu * 1000, "wallMs": wall * 1000, "nodes": nodes}
    print(json.dumps(result), flush=True)
