"""Runs commands with the EC2 driver of Apache Libcloud.

Reads one JSON array per line: the name of a function below and its arguments.
Writes one line for each: {"result": ...} or {"error": "Class: message"}.

usage: libcloud_ec2.py HOST PORT KEY SECRET [TOKEN [VERSION]]
"""

import json
import sys
import warnings

# Libcloud warns about urllib3 2.
warnings.simplefilter("ignore")

from libcloud.compute.providers import get_driver  # noqa: E402
from libcloud.compute.types import NodeState, Provider  # noqa: E402

host, port, key, secret = sys.argv[1:5]
token, version = (sys.argv[5:] + ["", "4"])[:2]


def connect(region="us-east-1"):
    # The default is a version of signatures that AWS has retired.
    return get_driver(Provider.EC2)(
        key,
        secret,
        secure=False,
        host=host,
        port=int(port),
        region=region,
        token=token or None,
        signature_version=version or "4",
    )


driver = connect()


def iso(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def node_json(node):
    return {
        "id": node.id,
        "name": node.name,
        "state": NodeState.tostring(node.state),
        "public_ips": node.public_ips,
        "private_ips": node.private_ips,
        "created_at": iso(node.created_at),
        "size": node.extra["instance_type"],
        "image": node.extra["image_id"],
        "zone": node.extra["availability"],
        "key": node.extra["key_name"],
        "status": node.extra["status"],
        "groups": [it["group_id"] for it in node.extra["groups"]],
        "tags": node.extra["tags"],
    }


def image_json(image):
    return {
        "id": image.id,
        "name": image.name,
        "state": image.extra["state"],
        "owner": image.extra["owner_id"],
        "architecture": image.extra["architecture"],
        "is_public": image.extra["is_public"] == "true",
    }


def key_json(key_pair):
    return {"name": key_pair.name, "fingerprint": key_pair.fingerprint}


def volume_json(volume):
    return {
        "id": volume.id,
        "name": volume.name,
        "size": volume.size,
        "state": volume.extra["state"],
        "zone": volume.extra["zone"],
        "node": volume.extra["instance_id"],
        "device": volume.extra["device"],
    }


def snapshot_json(snapshot):
    return {
        "id": snapshot.id,
        "name": snapshot.name,
        "size": snapshot.size,
        "state": snapshot.extra["state"],
        "volume": snapshot.extra["volume_id"],
        "created": iso(snapshot.created),
    }


def find(records, record_id):
    return next(it for it in records if it.id == record_id)


def list_nodes():
    return [node_json(it) for it in driver.list_nodes()]


def list_images(owner):
    return [image_json(it) for it in driver.list_images(ex_owner=owner)]


def list_zones():
    return [
        {
            "name": it.availability_zone.name,
            "region": it.availability_zone.region_name,
            "state": it.availability_zone.zone_state,
        }
        for it in driver.list_locations()
    ]


def list_key_pairs():
    return [key_json(it) for it in driver.list_key_pairs()]


def list_volumes():
    return [volume_json(it) for it in driver.list_volumes()]


def list_snapshots():
    return [snapshot_json(it) for it in driver.list_snapshots(owner="self")]


def list_addresses():
    return [
        {"ip": it.ip, "node": it.instance_id, "allocation": it.extra["allocation_id"]}
        for it in driver.ex_describe_all_addresses()
    ]


def list_groups():
    return [
        {
            "id": it.id,
            "name": it.name,
            "ingress": it.ingress_rules,
            "egress": it.egress_rules,
        }
        for it in driver.ex_get_security_groups()
    ]


def list_networks():
    return [{"id": it.id, "cidr": it.cidr_block} for it in driver.ex_list_networks()]


def list_subnets():
    return [
        {"id": it.id, "zone": it.extra["zone"], "cidr": it.extra["cidr_block"]}
        for it in driver.ex_list_subnets()
    ]


def limits():
    return driver.ex_get_limits()


def create_node(name, size_id, image_id, zone=None, **options):
    location = None
    if zone is not None:
        locations = driver.list_locations()
        location = next(it for it in locations if it.name == zone)
    node = driver.create_node(
        name=name,
        size=find(driver.list_sizes(), size_id),
        image=driver.get_image(image_id),
        location=location,
        **options
    )
    return node_json(node)


def act(action, node_id, *args):
    """Calls a method that takes a node: reboot_node, ex_change_node_size, ..."""
    node = find(driver.list_nodes(), node_id)
    return getattr(driver, action)(node, *args)


def resize(node_id, size_id):
    node = find(driver.list_nodes(), node_id)
    size = find(driver.list_sizes(), size_id)
    return driver.ex_change_node_size(node, size)


def console(node_id):
    node = find(driver.list_nodes(), node_id)
    return driver.ex_get_console_output(node)["output"]


def tag_node(node_id, tags):
    return driver.ex_create_tags(find(driver.list_nodes(), node_id), tags)


def untag_node(node_id, tags):
    return driver.ex_delete_tags(find(driver.list_nodes(), node_id), tags)


def tags_of(node_id):
    return driver.ex_describe_tags(find(driver.list_nodes(), node_id))


def create_key_pair(name):
    made = driver.create_key_pair(name)
    return dict(key_json(made), private_key=made.private_key)


def import_key_pair(name, public_key):
    return key_json(driver.import_key_pair_from_string(name, public_key))


def get_key_pair(name):
    return key_json(driver.get_key_pair(name))


def delete_key_pair(name):
    return driver.delete_key_pair(driver.get_key_pair(name))


def create_volume(size, name, zone):
    locations = driver.list_locations()
    location = next(it for it in locations if it.name == zone)
    return volume_json(driver.create_volume(size, name, location))


def attach_volume(node_id, volume_id, device):
    node = find(driver.list_nodes(), node_id)
    volume = find(driver.list_volumes(), volume_id)
    return driver.attach_volume(node, volume, device)


def detach_volume(volume_id):
    return driver.detach_volume(find(driver.list_volumes(), volume_id))


def resize_volume(volume_id, size):
    volume = find(driver.list_volumes(), volume_id)
    return driver.ex_modify_volume(volume, {"Size": size}).target_size


def destroy_volume(volume_id):
    return driver.destroy_volume(find(driver.list_volumes(), volume_id))


def create_snapshot(volume_id, name):
    volume = find(driver.list_volumes(), volume_id)
    return snapshot_json(driver.create_volume_snapshot(volume, name))


def destroy_snapshot(snapshot_id):
    snapshots = driver.list_snapshots(owner="self")
    return driver.destroy_volume_snapshot(find(snapshots, snapshot_id))


def create_image(node_id, name):
    return driver.create_image(find(driver.list_nodes(), node_id), name, "").id


def copy_image(image_id, region, name):
    """Copies an image of the account to another region."""
    image = driver.get_image(image_id)
    return connect(region).copy_image(image, driver.region_name, name, "a copy").id


def delete_image(image_id):
    return driver.delete_image(driver.get_image(image_id))


def allocate_address():
    return driver.ex_allocate_address("vpc").ip


def associate_address(node_id, ip):
    node = find(driver.list_nodes(), node_id)
    address = next(it for it in driver.ex_describe_all_addresses() if it.ip == ip)
    return driver.ex_associate_address_with_node(node, address, "vpc")


def disassociate_address(ip):
    address = next(it for it in driver.ex_describe_all_addresses() if it.ip == ip)
    return driver.ex_disassociate_address(address, "vpc")


def release_address(ip):
    address = next(it for it in driver.ex_describe_all_addresses() if it.ip == ip)
    return driver.ex_release_address(address, "vpc")


def create_group(name, description):
    return driver.ex_create_security_group(name, description)["group_id"]


def authorize(group_id, port, cidr):
    return driver.ex_authorize_security_group_ingress(group_id, port, port, [cidr])


def revoke(group_id, port, cidr):
    return driver.ex_revoke_security_group_ingress(group_id, port, port, [cidr])


def delete_group(group_id):
    return driver.ex_delete_security_group_by_id(group_id)


COMMANDS = {
    name: value
    for name, value in list(globals().items())
    if callable(value) and getattr(value, "__module__", "") == "__main__"
}

for line in sys.stdin:
    name, args, options = json.loads(line)
    try:
        answer = {"result": COMMANDS[name](*args, **options)}
    except Exception as error:  # reported to the test
        answer = {"error": "%s: %s" % (type(error).__name__, error)}
    print(json.dumps(answer), flush=True)
