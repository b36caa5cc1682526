"""Lists DigitalOcean nodes with Apache Libcloud.

Each line of input is one turn, {"path", "calls"}. The line of output is
its cost, {"cpuMs", "wallMs", "nodes"}.

usage: digitalocean_with_libcloud.py HOST PORT TOKEN
"""

import json
import sys
import time
import warnings

# Libcloud prints long warnings if urllib3 is version 2 or later.
warnings.simplefilter("ignore")

from libcloud.compute.drivers import digitalocean  # noqa: E402
from libcloud.compute.providers import get_driver  # noqa: E402
from libcloud.compute.types import Provider  # noqa: E402

host, port, token = sys.argv[1:4]
drivers = {}


class Plain(digitalocean.DigitalOcean_v2_NodeDriver.connectionCls):
    """Uses plain HTTP on loopback. The driver has no option for the host."""

    allow_insecure = True

    def __init__(self, key, secure=True, **options):
        options.update(host=host, port=int(port))
        super().__init__(key, secure=False, **options)


digitalocean.DigitalOcean_v2_NodeDriver.connectionCls = Plain


def list_nodes(path):
    driver = drivers.get(path)
    if driver is None:
        driver = get_driver(Provider.DIGITAL_OCEAN)(token)
        # Each list has its own path. Libcloud has no option for that.
        driver.connection.request_path = path
        drivers[path] = driver
    nodes = driver.list_nodes()
    read = 0
    for node in nodes:
        read += len(node.name) + len(str(node.state)) + len(node.public_ips)
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
