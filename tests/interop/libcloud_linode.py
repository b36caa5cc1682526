"""Runs commands with Apache Libcloud's driver for Linode's API v4.

Each line of standard input is a JSON array: the name of a function below, its
arguments and its options. The response is one line of JSON:
{"result": ...} or {"error": "Class: message"}.

usage: libcloud_linode.py HOST PORT TOKEN
"""

import json
import sys
import warnings

# Libcloud warns about urllib3 2 and later.
warnings.simplefilter("ignore")

from libcloud.compute.drivers import linode  # noqa: E402
from libcloud.compute.types import NodeState  # noqa: E402


def connect(token):
    host, port = sys.argv[1:3]
    return linode.LinodeNodeDriver(
        token, secure=False, host=host, port=int(port), api_version="4.0"
    )


driver = connect(sys.argv[3])


def node_json(node):
    return {
        "id": node.id,
        "name": node.name,
        "state": NodeState.tostring(node.state),
        "public_ips": node.public_ips,
        "private_ips": node.private_ips,
        "extra": {
            name: value if isinstance(value, (str, int, list)) else str(value)
            for name, value in node.extra.items()
        },
        "size": node.size,
        "image": node.image,
    }


def volume_json(volume):
    return {
        "id": volume.id,
        "name": volume.name,
        "size": volume.size,
        "state": volume.extra["state"],
        "node": volume.extra["linode_id"],
        "location": volume.extra["location"],
    }


def find(records, record_id):
    return next(record for record in records if str(record.id) == record_id)


def list_locations():
    return [
        {"id": it.id, "country": it.country} for it in driver.list_locations()
    ]


def list_sizes():
    return [
        {
            "id": it.id,
            "name": it.name,
            "ram": it.ram,
            "disk": it.disk,
            "price": it.price,
            "monthly": it.extra["monthly_price"],
            "transfer": it.extra["transfer"],
            "vcpus": it.extra["vcpus"],
        }
        for it in driver.list_sizes()
    ]


def list_images():
    return [{"id": it.id, "name": it.name} for it in driver.list_images()]


def list_nodes():
    return [node_json(node) for node in driver.list_nodes()]


def list_nodes_as(token):
    return [node_json(node) for node in connect(token).list_nodes()]


def list_volumes():
    return [volume_json(volume) for volume in driver.list_volumes()]


def create_node(location_id, size_id, image_id, **options):
    node = driver.create_node(
        location=find(driver.list_locations(), location_id),
        size=find(driver.list_sizes(), size_id),
        image=find(driver.list_images(), image_id),
        **options,
    )
    return node_json(node)


def act(action, node_id, **options):
    """Calls a method that takes a node: reboot_node, ex_rename_node, ..."""
    result = getattr(driver, action)(driver.ex_get_node(node_id), **options)
    return result if isinstance(result, bool) else node_json(result)


def list_disks(node_id):
    disks = driver.ex_list_disks(driver.ex_get_node(node_id))
    return [[str(it.id), it.name, it.filesystem, it.size] for it in disks]


def create_image(node_id, name):
    disk = driver.ex_list_disks(driver.ex_get_node(node_id))[0]
    image = driver.create_image(disk, name=name, description="theirs")
    return {"id": image.id, "name": image.name}


def delete_image(image_id):
    return driver.delete_image(find(driver.list_images(), image_id))


def create_volume(name, size, location_id):
    location = find(driver.list_locations(), location_id)
    return volume_json(driver.create_volume(name, size, location=location))


def attach_volume(volume_id, node_id):
    volume = driver.ex_get_volume(volume_id)
    node = driver.ex_get_node(node_id)
    return volume_json(driver.attach_volume(node, volume))


def act_on_volume(action, volume_id, *args):
    volume = driver.ex_get_volume(volume_id)
    result = getattr(driver, action)(volume, *args)
    return result if isinstance(result, bool) else volume_json(result)


for line in sys.stdin:
    name, args, options = json.loads(line)
    try:
        response = {"result": globals()[name](*args, **options)}
    except Exception as error:
        response = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(response), flush=True)
