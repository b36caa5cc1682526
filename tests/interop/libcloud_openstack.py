"""Runs commands with Apache Libcloud's driver for OpenStack.

Each line of standard input is a JSON array: the name of a function below, its
arguments and its options. The response is one line of JSON:
{"result": ...} or {"error": "Class: message"}.

usage: libcloud_openstack.py AUTH_URL PASSWORD
"""

import json
import sys
import warnings

# Libcloud warns about urllib3 2 and later.
warnings.simplefilter("ignore")

from libcloud.compute.drivers import openstack  # noqa: E402
from libcloud.compute.types import NodeState  # noqa: E402


def connect(password):
    return openstack.OpenStack_2_NodeDriver(
        "demo",
        password,
        secure=False,
        ex_force_auth_url=f"{sys.argv[1]}/auth/tokens",
        ex_force_auth_version="3.x_password",
        ex_tenant_name="demo",
        ex_domain_name="Default",
        ex_force_service_region="RegionOne",
    )


driver = connect(sys.argv[2])


def node_json(node):
    return {
        "id": node.id,
        "name": node.name,
        "state": NodeState.tostring(node.state),
        "addresses": sorted(node.public_ips + node.private_ips),
        "size": node.extra["flavorId"],
        "image": node.extra["imageId"],
        "metadata": node.extra["metadata"],
        "key_name": node.extra["key_name"],
    }


def volume_json(volume):
    attachments = volume.extra["attachments"]
    return {
        "id": volume.id,
        "name": volume.name,
        "size": volume.size,
        "state": volume.state,
        "node": attachments[0]["server_id"] if attachments else None,
    }


def list_sizes():
    return [
        {
            "id": it.id,
            "name": it.name,
            "ram": it.ram,
            "disk": it.disk,
            "vcpus": it.vcpus,
        }
        for it in driver.list_sizes()
    ]


def list_images():
    return [{"id": it.id, "name": it.name} for it in driver.list_images()]


def list_nodes():
    return [node_json(node) for node in driver.list_nodes()]


def list_nodes_as(password):
    return [node_json(node) for node in connect(password).list_nodes()]


def list_volumes():
    return [volume_json(volume) for volume in driver.list_volumes()]


def list_networks():
    return sorted(it.name for it in driver.ex_list_networks())


def list_key_pairs():
    return [[it.name, it.fingerprint] for it in driver.list_key_pairs()]


def create_node(name, size_id, image_id, key_name):
    node = driver.create_node(
        name=name,
        size=driver.ex_get_size(size_id),
        image=driver.get_image(image_id),
        networks=[
            it for it in driver.ex_list_networks() if it.name == "private"
        ],
        ex_keyname=key_name,
        ex_metadata={"role": "db"},
    )
    return node_json(node)


def act(action, node_id, *args):
    """Calls a method that takes a node: reboot_node, stop_node, ..."""
    result = getattr(driver, action)(driver.ex_get_node_details(node_id), *args)
    return result if isinstance(result, bool) else node_json(result)


def resize(node_id, size_id):
    node = driver.ex_get_node_details(node_id)
    return driver.ex_resize(node, driver.ex_get_size(size_id))


def create_image(node_id, name):
    image = driver.create_image(driver.ex_get_node_details(node_id), name)
    return {"id": image.id, "name": image.name}


def create_volume(name, size):
    return volume_json(driver.create_volume(size, name))


def attach_volume(volume_id, node_id):
    volume = driver.ex_get_volume(volume_id)
    node = driver.ex_get_node_details(node_id)
    return driver.attach_volume(node, volume, "/dev/vdb")


def act_on_volume(action, volume_id):
    return getattr(driver, action)(driver.ex_get_volume(volume_id))


def create_snapshot(volume_id, name):
    volume = driver.ex_get_volume(volume_id)
    return driver.create_volume_snapshot(volume, name).id


def create_security_group(name):
    group = driver.ex_create_security_group(name, "From Libcloud")
    driver.ex_create_security_group_rule(group, "tcp", 443, 443, "0.0.0.0/0")
    return group.id


for line in sys.stdin:
    name, args, options = json.loads(line)
    try:
        response = {"result": globals()[name](*args, **options)}
    except Exception as error:
        response = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(response), flush=True)
