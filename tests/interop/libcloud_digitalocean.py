"""Calls Apache Libcloud's DigitalOcean driver, for the tests beside it.

Reads one JSON array per line: the name of a function below, its positional and
its keyword arguments. Prints one line for each: {"result": ...} or
{"error": "Class: message"}.

usage: libcloud_digitalocean.py HOST PORT TOKEN
"""

import json
import sys
import warnings

# Libcloud warns about urllib3 2.
warnings.simplefilter("ignore")

from libcloud.compute.drivers import digitalocean  # noqa: E402
from libcloud.compute.providers import get_driver  # noqa: E402
from libcloud.compute.types import NodeState, Provider  # noqa: E402


class Plain(digitalocean.DigitalOcean_v2_NodeDriver.connectionCls):
    """Plain HTTP to loopback. The driver has no option for the host."""

    allow_insecure = True

    def __init__(self, key, secure=True, **options):
        options.update(host=sys.argv[1], port=int(sys.argv[2]))
        super().__init__(key, secure=False, **options)


digitalocean.DigitalOcean_v2_NodeDriver.connectionCls = Plain

driver = get_driver(Provider.DIGITAL_OCEAN)(sys.argv[3])
# Small pages, so that lists have several. The constructor does not accept it.
driver.ex_per_page = 7


def node_json(node):
    return {
        "id": str(node.id),
        "name": node.name,
        "state": NodeState.tostring(node.state),
        "public_ips": node.public_ips,
        "private_ips": node.private_ips,
        "created_at": node.created_at.isoformat(),
        "size": node.size.id,
        "image": str(node.image.id),
        "region": node.extra["region"],
        "tags": node.extra["tags"],
        "locked": node.extra["locked"],
    }


def size_json(size):
    return {
        "id": size.id,
        "ram": size.ram,
        "disk": size.disk,
        "bandwidth": size.bandwidth,
        "price": size.price,
        "monthly": size.extra["price_monthly"],
        "vcpus": size.extra["vcpus"],
    }


def key_json(key):
    return {
        "id": str(key.extra["id"]),
        "name": key.name,
        "public_key": key.public_key,
        "fingerprint": key.fingerprint,
    }


def volume_json(volume):
    return {
        "id": volume.id,
        "name": volume.name,
        "size": volume.size,
        "region": volume.extra["region_slug"],
        "droplets": volume.extra["droplet_ids"],
    }


def snapshot_json(snapshot):
    return {
        "id": snapshot.id,
        "name": snapshot.name,
        "size": snapshot.size,
        "volume": snapshot.extra["resource_id"],
    }


def find(records, record_id):
    return next(it for it in records if str(it.id) == record_id)


def list_nodes():
    return [node_json(it) for it in driver.list_nodes()]


def list_sizes():
    return [size_json(it) for it in driver.list_sizes()]


def list_images():
    return [
        {"id": str(it.id), "name": it.name, "extra": it.extra}
        for it in driver.list_images()
    ]


def list_locations():
    return [
        {"id": it.id, "name": it.name, "features": it.extra}
        for it in driver.list_locations(ex_available=False)
    ]


def list_key_pairs():
    return [key_json(it) for it in driver.list_key_pairs()]


def list_volumes():
    return [volume_json(it) for it in driver.list_volumes()]


def list_volume_snapshots(volume_id):
    volume = find(driver.list_volumes(), volume_id)
    return [snapshot_json(it) for it in driver.list_volume_snapshots(volume)]


def list_floating_ips():
    return [
        {"ip": it.ip_address, "node": it.node_id}
        for it in driver.ex_list_floating_ips()
    ]


def create_node(name, size_id, image_id, location_id, **attributes):
    return node_json(
        driver.create_node(
            name=name,
            size=find(driver.list_sizes(), size_id),
            image=find(driver.list_images(), image_id),
            location=find(driver.list_locations(), location_id),
            ex_create_attr=attributes,
        )
    )


def act(action, node_id, *args):
    """Calls a method whose first argument is a node, such as reboot_node."""
    node = find(driver.list_nodes(), node_id)
    return getattr(driver, action)(node, *args)


def create_key_pair(name, public_key):
    return key_json(driver.create_key_pair(name, public_key))


def delete_key_pair(name):
    return driver.delete_key_pair(driver.get_key_pair(name))


def create_volume(size, name, location_id):
    location = find(driver.list_locations(), location_id)
    return volume_json(driver.create_volume(size, name, location))


def attach_volume(node_id, volume_id):
    node = find(driver.list_nodes(), node_id)
    volume = find(driver.list_volumes(), volume_id)
    return driver.attach_volume(node, volume)


def detach_volume(volume_id):
    return driver.detach_volume(find(driver.list_volumes(), volume_id))


def destroy_volume(volume_id):
    return driver.destroy_volume(find(driver.list_volumes(), volume_id))


def create_volume_snapshot(volume_id, name):
    volume = find(driver.list_volumes(), volume_id)
    return snapshot_json(driver.create_volume_snapshot(volume, name))


def account():
    return driver.ex_account_info()


COMMANDS = {
    function.__name__: function
    for function in (
        list_nodes,
        list_sizes,
        list_images,
        list_locations,
        list_key_pairs,
        list_volumes,
        list_volume_snapshots,
        list_floating_ips,
        create_node,
        act,
        create_key_pair,
        delete_key_pair,
        create_volume,
        attach_volume,
        detach_volume,
        destroy_volume,
        create_volume_snapshot,
        account,
    )
}

for line in sys.stdin:
    name, args, options = json.loads(line)
    try:
        output = {"result": COMMANDS[name](*args, **options)}
    except Exception as error:  # the test expects some errors
        output = {"error": "%s: %s" % (type(error).__name__, error)}
    print(json.dumps(output), flush=True)
