"""Runs commands with Hetzner's own Python client, hcloud.

Each line of standard input is a JSON array: the name of a function below, its
arguments and its options. The response is one line of JSON:
{"result": ...} or {"error": "Class: message"}.

usage: hcloud_client.py URL TOKEN
"""

import json
import sys

from hcloud import Client
from hcloud.firewalls.domain import FirewallResource, FirewallRule
from hcloud.images.domain import Image
from hcloud.locations.domain import Location
from hcloud.networks.domain import NetworkSubnet
from hcloud.server_types.domain import ServerType
from hcloud.servers.domain import Server

client = Client(sys.argv[2], api_endpoint=sys.argv[1], poll_interval=0.01)


def server_json(server):
    return {
        "id": server.id,
        "name": server.name,
        "status": server.status,
        "type": server.server_type.name,
        "image": server.image.name,
        "location": server.datacenter.location.name,
        "labels": server.labels,
        "ipv4": server.public_net.ipv4.ip,
        "ipv6": server.public_net.ipv6.ip,
        "private": [it.ip for it in server.private_net],
        "volumes": [it.id for it in server.volumes],
    }


def wait(response):
    """Waits until all actions of a response are finished."""
    for action in [response.action, *(response.next_actions or [])]:
        action.wait_until_finished()


def list_servers(**options):
    return [server_json(it) for it in client.servers.get_all(**options)]


def list_names(kind):
    return [it.name for it in getattr(client, kind).get_all()]


def list_types():
    return [
        [it.name, it.cores, it.memory, it.disk, it.prices[0]["price_hourly"]["net"]]
        for it in client.server_types.get_all()
    ]


def create_server(name, location, **options):
    response = client.servers.create(
        name,
        ServerType(name="cx22"),
        Image(name="ubuntu-24.04"),
        ssh_keys=client.ssh_keys.get_all(),
        location=Location(name=location),
        **options,
    )
    wait(response)
    assert response.root_password is None
    return server_json(client.servers.get_by_id(response.server.id))


def act(name, command, *args):
    """Calls a method of a server, and waits for its action."""
    result = getattr(client.servers.get_by_name(name), command)(*args)
    getattr(result, "action", result).wait_until_finished()
    return server_json(client.servers.get_by_name(name))


def change_type(name, server_type):
    return act(name, "change_type", ServerType(name=server_type), True)


def update_server(name, changes):
    return server_json(client.servers.get_by_name(name).update(**changes))


def attach(name):
    """Creates a resource of each kind for a server; returns their ids."""
    server = client.servers.get_by_name(name)
    volume = client.volumes.create(12, "theirs", server=server)
    wait(volume)
    volume.volume.resize(20).wait_until_finished()
    subnet = NetworkSubnet("10.7.1.0/24", type="cloud", network_zone="eu-central")
    network = client.networks.create("theirs", "10.7.0.0/16", subnets=[subnet])
    server.attach_to_network(network, "10.7.1.7").wait_until_finished()
    address = client.floating_ips.create("ipv4", home_location=Location(name="hel1"))
    address.floating_ip.assign(server).wait_until_finished()
    rule = FirewallRule("in", "tcp", ["0.0.0.0/0"], port="443")
    target = FirewallResource(FirewallResource.TYPE_SERVER, Server(id=server.id))
    firewall = client.firewalls.create("theirs", rules=[rule], resources=[target])
    return {
        "volume": volume.volume.id,
        "network": network.id,
        "floating_ip": address.floating_ip.id,
        "firewall": firewall.firewall.id,
    }


def create_image(name):
    response = client.servers.get_by_name(name).create_image("theirs")
    response.action.wait_until_finished()
    image = client.images.get_by_id(response.image.id)
    result = [image.type, image.status, image.created_from.name]
    image.delete()
    return result


def create_key(name, public_key):
    return client.ssh_keys.create(name, public_key).fingerprint


def delete_key(name):
    return client.ssh_keys.get_by_name(name).delete()


def delete_server(name):
    client.servers.get_by_name(name).delete().wait_until_finished()


def delete_volume(name):
    return client.volumes.get_by_name(name).delete()


def list_as(token):
    return Client(token, api_endpoint=sys.argv[1]).servers.get_all()


def get_server(server_id):
    return server_json(client.servers.get_by_id(server_id))


for line in sys.stdin:
    name, args, options = json.loads(line)
    try:
        response = {"result": globals()[name](*args, **options)}
    except Exception as error:
        code = getattr(error, "code", None)
        response = {"error": f"{type(error).__name__}: {error} ({code})"}
    print(json.dumps(response), flush=True)
