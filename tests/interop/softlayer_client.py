"""Runs commands with SoftLayer's own Python client, over REST.

Each line of standard input is a JSON array: the name of a function below, its
arguments and its options. The response is one line of JSON:
{"result": ...} or {"error": "Class: message"}.

usage: softlayer_client.py URL USERNAME API_KEY
"""

import json
import sys

import SoftLayer

url, username, api_key = sys.argv[1:]
transport = SoftLayer.RestTransport(endpoint_url=url)
client = SoftLayer.BaseClient(
    auth=SoftLayer.BasicHTTPAuthentication(username, api_key),
    transport=transport,
)
servers = SoftLayer.VSManager(client)
keys = SoftLayer.SshKeyManager(client)
images = SoftLayer.ImageManager(client)


def list_servers(**options):
    return list(servers.list_instances(**options))


def iterate(service, method, limit, **options):
    """Reads a list page by page."""
    return list(client.iter_call(service, method, limit=limit, **options))


def call(service, method, *args, **options):
    return client.call(service, method, *args, **options)


COMMANDS = {
    "list": list_servers,
    "get": servers.get_instance,
    "create": servers.create_instance,
    "verify": servers.verify_create_instance,
    "wait": servers.wait_for_ready,
    "edit": servers.edit,
    "upgrade": servers.upgrade,
    "capture": servers.capture,
    "cancel": servers.cancel_instance,
    "iterate": iterate,
    "call": call,
    "add_key": keys.add_key,
    "edit_key": keys.edit_key,
    "get_key": keys.get_key,
    "list_keys": keys.list_keys,
    "delete_key": keys.delete_key,
    "list_images": images.list_private_images,
    "get_image": images.get_image,
    "delete_image": images.delete_image,
}

for line in sys.stdin:
    name, args, options = json.loads(line)
    try:
        reply = {"result": COMMANDS[name](*args, **options)}
    except Exception as error:  # the test compares it
        reply = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(reply), flush=True)
