"""Lists EC2 nodes with Apache Libcloud.

Each line of input is one turn, {"path", "calls"}. The line of output is
its cost, {"cpuMs", "wallMs", "nodes"}.

usage: ec2_with_libcloud.py HOST PORT KEY SECRET
"""

import json
import sys
import time
import warnings

# Libcloud prints long warnings if urllib3 is version 2 or later.
warnings.simplefilter("ignore")

from libcloud.compute.providers import get_driver  # noqa: E402
from libcloud.compute.types import Provider  # noqa: E402

host, port, key, secret = sys.argv[1:5]
drivers = {}


def list_nodes(path):
    driver = drivers.get(path)
    if driver is None:
        # By default the driver signs with a version that AWS has retired.
        driver = get_driver(Provider.EC2)(
            key,
            secret,
            region="us-east-1",
            secure=False,
            host=host,
            port=int(port),
            signature_version="4",
        )
        # Each list has its own path. Libcloud has no option for that.
        driver.path = path
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
