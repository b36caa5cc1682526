"""Runs commands with Apache Libcloud's driver for Rackspace.

Each line of standard input is a JSON array: the name of a function below, its
arguments and its options. The response is one line of JSON:
{"result": ...} or {"error": "Class: message"}.

usage: libcloud_rackspace.py HOST PORT USERNAME API_KEY REGION
"""

import json
import sys
import warnings

# Libcloud warns about urllib3 2 and later.
warnings.simplefilter("ignore")

from libcloud.compute.base import NodeImage  # noqa: E402
from libcloud.compute.drivers import rackspace  # noqa: E402
from libcloud.compute.types import NodeState  # noqa: E402

HOST, PORT, USERNAME, API_KEY, REGION = sys.argv[1:6]


def connect(api_key):
    return rackspace.RackspaceNodeDriver(
        USERNAME,
        api_key,
        secure=False,
        region=REGION,
        ex_force_auth_url="http://%s:%s/identity/v2.0/tokens" % (HOST, PORT),
        ex_force_auth_version="2.0_apikey",
    )


driver = connect(API_KEY)


def node_json(node):
    return {
        "id": node.id,
        "name": node.name,
        "state": NodeState.tostring(node.state),
        "public_ips": node.public_ips,
        "private_ips": node.private_ips,
        "size": node.extra["flavorId"],
        "image": node.extra["imageId"],
        "metadata": node.extra["metadata"],
    }


def get(node_id):
    return driver.ex_get_node_details(node_id)


def list_nodes():
    return [node_json(node) for node in driver.list_nodes()]


def get_node(node_id):
    return node_json(get(node_id))


def list_sizes():
    return [
        {
            "id": size.id,
            "name": size.name,
            "ram": size.ram,
            "disk": size.disk,
            "vcpus": size.vcpus,
            "price": size.price,
        }
        for size in driver.list_sizes()
    ]


def list_key_pairs():
    return [
        {"name": pair.name, "fingerprint": pair.fingerprint}
        for pair in driver.list_key_pairs()
    ]


def create_node(name, size_id, image_id):
    size = next(size for size in driver.list_sizes() if size.id == size_id)
    image = NodeImage(image_id, image_id, driver)
    node = driver.create_node(name=name, size=size, image=image)
    return {"id": node.id, "password": node.extra["password"]}


def rename_node(node_id, name):
    driver.ex_update_node(get(node_id), name=name)


def reboot_node(node_id):
    return driver.reboot_node(get(node_id))


def stop_node(node_id):
    return driver.ex_stop_node(get(node_id))


def start_node(node_id):
    return driver.ex_start_node(get(node_id))


def destroy_node(node_id):
    return driver.destroy_node(get(node_id))


def with_wrong_key():
    connect("wrong").list_nodes()


for line in sys.stdin:
    function, args, options = json.loads(line)
    try:
        response = {"result": globals()[function](*args, **options)}
    except Exception as error:
        response = {"error": "%s: %s" % (type(error).__name__, error)}
    print(json.dumps(response), flush=True)
