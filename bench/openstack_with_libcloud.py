"""Lists OpenStack nodes with Apache Libcloud.

Each line of input is one turn, {"calls"}. The line of output is its cost,
{"cpuMs", "wallMs", "nodes"}.

usage: openstack_with_libcloud.py AUTH_URL PASSWORD
"""

import json
import sys
import time
import warnings

# Libcloud prints long warnings if urllib3 is version 2 or later.
warnings.simplefilter("ignore")

from libcloud.compute.drivers import openstack  # noqa: E402

auth_url, password = sys.argv[1:3]
driver = openstack.OpenStack_2_NodeDriver(
    "demo",
    password,
    secure=False,
    ex_force_auth_url=f"{auth_url}/auth/tokens",
    ex_force_auth_version="3.x_password",
    ex_tenant_name="demo",
    ex_domain_name="Default",
    ex_force_service_region="RegionOne",
)


def list_nodes():
    nodes = driver.list_nodes()
    read = 0
    for node in nodes:
        read += len(node.name) + len(str(node.state)) + len(node.private_ips)
    return len(nodes) if read > 0 else 0


for line in sys.stdin:
    turn = json.loads(line)
    nodes = 0
    started_at = time.perf_counter()
    before = time.process_time()
    for _ in range(turn["calls"]):
        nodes += list_nodes()
    cpu = time.process_time() - before
    wall = time.perf_counter() - started_at
    result = {"cpuMs": cpu * 1000, "wallMs": wall * 1000, "nodes": nodes}
    print(json.dumps(result), flush=True)
