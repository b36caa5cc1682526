"""Lists EC2 nodes with Apache Libcloud, one turn a line, as ec2.ts does.

usage: ec2_with_libcloud.py HOST PORT KEY SECRET
"""

import json
import sys
import time
import warnings

# It wants urllib3 < 2 and says so at length.
warnings.simplefilter("ignore")

from libcloud.compute.providers import get_driver  # noqa: E402
from libcloud.compute.types import Provider  # noqa: E402

host, port, key, secret = sys.argv[1:5]
drivers = {}


def list_nodes(path):
    driver = drivers.get(path)
    if driver is None:
        # Without this version it signs with one that AWS has retired.
        driver = get_driver(Provider.EC2)(
            key,
            secret,
            region="us-east-1",
            secure=False,
            host=host,
            port=int(port),
            signature_version="4",
        )
        # Each list has its own address, which a driver of Libcloud has not.
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
    answer = {"cpuMs": cpu * 1000, "wallMs": wall * 1000, "nodes": nodes}
    print(json.dumps(answer), flush=True)
