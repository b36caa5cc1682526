"""Calls Apache Libcloud's DNS drivers, for the tests beside it.

Reads one JSON array per line: the name of a function below, its positional and
its keyword arguments. Prints one line for each: {"result": ...} or
{"error": "Class: message"}.

usage: libcloud_dns.py PROVIDER HOST PORT KEY
"""

import json
import sys
import warnings

# Libcloud warns about urllib3 2.
warnings.simplefilter("ignore")

from libcloud.dns.drivers import digitalocean, linode  # noqa: E402
from libcloud.dns.providers import get_driver  # noqa: E402

PROVIDER, HOST, PORT, KEY = sys.argv[1:]


class Plain(digitalocean.DigitalOceanDNSDriver.connectionCls):
    """Plain HTTP to loopback. The driver has no option for the host."""

    allow_insecure = True

    def __init__(self, key, secure=True, **options):
        options.update(host=HOST, port=int(PORT))
        super().__init__(key, secure=False, **options)


def connect():
    if PROVIDER == "powerdns":
        return get_driver(PROVIDER)(
            KEY, host=HOST, port=int(PORT), api_version="v1"
        )
    if PROVIDER == "linode":
        return linode.LinodeDNSDriver(
            KEY, secure=False, host=HOST, port=int(PORT), api_version="4.0"
        )
    digitalocean.DigitalOceanDNSDriver.connectionCls = Plain
    found = get_driver(PROVIDER)(KEY)
    # Small pages, so that lists have several.
    found.ex_per_page = 4
    return found


driver = connect()


def zone_json(zone):
    return {"id": str(zone.id), "domain": zone.domain}


def record_json(record):
    return {
        "id": str(record.id),
        "name": record.name,
        "type": record.type,
        "data": record.data,
        "ttl": record.ttl,
    }


def list_zones():
    return [zone_json(zone) for zone in driver.list_zones()]


def create_zone(domain, extra):
    return zone_json(driver.create_zone(domain, extra=extra))


def delete_zone(zone_id):
    return driver.delete_zone(driver.get_zone(zone_id))


def list_records(zone_id):
    return [
        record_json(record)
        for record in driver.list_records(driver.get_zone(zone_id))
    ]


def create_record(name, zone_id, type, data, extra):
    zone = driver.get_zone(zone_id)
    return record_json(driver.create_record(name, zone, type, data, extra))


def find(zone_id, name, type):
    for record in driver.list_records(driver.get_zone(zone_id)):
        if record.name == name and record.type == type:
            return record
    raise LookupError("%s %s" % (name, type))


def update_record(zone_id, name, type, data, extra):
    record = find(zone_id, name, type)
    driver.update_record(record, name, type, data, extra)
    return record_json(find(zone_id, name, type))


def delete_record(zone_id, name, type):
    return driver.delete_record(find(zone_id, name, type))


COMMANDS = {
    function.__name__: function
    for function in (
        list_zones,
        create_zone,
        delete_zone,
        list_records,
        create_record,
        update_record,
        delete_record,
    )
}

for line in sys.stdin:
    name, args, options = json.loads(line)
    try:
        output = {"result": COMMANDS[name](*args, **options)}
    except Exception as error:  # the test expects some errors
        output = {"error": "%s: %s" % (type(error).__name__, error)}
    print(json.dumps(output), flush=True)
