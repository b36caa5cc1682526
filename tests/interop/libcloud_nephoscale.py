"""Calls the NephoScale driver of Apache Libcloud.

Each line of input is a JSON array: the name of a function below, its positional
arguments and its keyword arguments. The line of output is {"result": ...} or
{"error": "Class: message"}.

usage: libcloud_nephoscale.py HOST PORT USER PASSWORD
"""

import json
import sys
import warnings

# Libcloud prints long warnings if urllib3 is version 2 or later.
warnings.simplefilter("ignore")

from libcloud.compute.drivers import nephoscale  # noqa: E402
from libcloud.compute.types import NodeState  # noqa: E402


class Plain(nephoscale.NephoscaleConnection):
    """Uses plain HTTP on loopback, although the driver requires HTTPS."""

    allow_insecure = True


class Driver(nephoscale.NephoscaleNodeDriver):
    connectionCls = Plain


def connect(user, password):
    host, port = sys.argv[1:3]
    return Driver(user, password, secure=False, host=host, port=int(port))


driver = connect(*sys.argv[3:5])


def node_json(node):
    return {
        "id": node.id,
        "name": node.name,
        "state": NodeState.tostring(node.state),
        "public_ips": node.public_ips,
        "private_ips": node.private_ips,
        "extra": node.extra,
    }


def key_json(key):
    return {
        "id": key.id,
        "name": key.name,
        "key_group": key.key_group,
        "public_key": key.public_key,
        "password": key.password,
    }


def find(records, record_id):
    return next(record for record in records if str(record.id) == record_id)


def list_locations():
    return [
        {"id": it.id, "name": it.name, "country": it.country}
        for it in driver.list_locations()
    ]


def list_sizes():
    return [
        {
            "id": it.id,
            "name": it.name,
            "ram": it.ram,
            "disk": it.disk,
            "price": it.price,
        }
        for it in driver.list_sizes()
    ]


def list_images():
    return [
        {"id": it.id, "name": it.name, "extra": it.extra}
        for it in driver.list_images()
    ]


def list_nodes():
    return [node_json(node) for node in driver.list_nodes()]


def list_keys(**options):
    return [key_json(key) for key in driver.ex_list_keypairs(**options)]


def create_key(**options):
    return driver.ex_create_keypair(**options)


def delete_key(key_id, ssh):
    return driver.ex_delete_keypair(key_id, ssh=ssh)


def create_node(size_id, image_id, **options):
    node = driver.create_node(
        size=find(driver.list_sizes(), size_id),
        image=find(driver.list_images(), image_id),
        **options,
    )
    return node_json(node)


def act(action, node_id, **options):
    """Calls a method that takes a node, such as reboot_node or rename_node."""
    node = find(driver.list_nodes(), node_id)
    return getattr(driver, action)(node, **options)


def act_on_unknown(action, node_id):
    node = nephoscale.Node(node_id, "", 0, [], [], driver)
    return getattr(driver, action)(node)


def list_nodes_as(user, password):
    return [node_json(node) for node in connect(user, password).list_nodes()]


COMMANDS = {
    function.__name__: function
    for function in (
        list_locations,
        list_sizes,
        list_images,
        list_nodes,
        list_nodes_as,
        list_keys,
        create_key,
        delete_key,
        create_node,
        act,
        act_on_unknown,
    )
}

for line in sys.stdin:
    name, args, options = json.loads(line)
    try:
        response = {"result": COMMANDS[name](*args, **options)}
    except Exception as error:  # reported to the test
        response = {"error": "%s: %s" % (type(error).__name__, error)}
    print(json.dumps(response), flush=True)
