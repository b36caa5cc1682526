"""Runs commands with the Route 53 driver of Apache Libcloud.

Reads one JSON array per line: the name of a function below and its arguments.
Writes one line for each: {"result": ...} or {"error": "Class: message"}.

usage: libcloud_route53.py HOST PORT KEY SECRET
"""

import json
import sys
import warnings

# Libcloud warns about urllib3 2.
warnings.simplefilter("ignore")

from libcloud.dns.providers import get_driver  # noqa: E402
from libcloud.dns.types import Provider  # noqa: E402

host, port, key, secret = sys.argv[1:5]
driver = get_driver(Provider.ROUTE53)(
    key, secret, secure=False, host=host, port=int(port)
)


def zone_json(zone):
    return {"id": zone.id, "domain": zone.domain, "extra": zone.extra}


def record_json(record):
    return [record.name, record.type, record.data, record.ttl]


def list_zones():
    return [zone_json(zone) for zone in driver.list_zones()]


def create_zone(domain, comment):
    return zone_json(driver.create_zone(domain, extra={"Comment": comment}))


def delete_zone(zone_id):
    return driver.delete_zone(driver.get_zone(zone_id), ex_delete_records=True)


def list_records(zone_id):
    zone = driver.get_zone(zone_id)
    return [record_json(record) for record in driver.list_records(zone)]


def get_record(zone_id, record_id):
    return record_json(driver.get_record(zone_id, record_id))


def create_record(zone_id, name, type, data, ttl):
    zone = driver.get_zone(zone_id)
    return record_json(driver.create_record(name, zone, type, data, {"ttl": ttl}))


def create_multi_value_record(zone_id, name, type, data, ttl):
    zone = driver.get_zone(zone_id)
    records = driver.ex_create_multi_value_record(name, zone, type, data, {"ttl": ttl})
    return [record_json(record) for record in records]


def update_record(zone_id, record_id, data):
    record = driver.get_record(zone_id, record_id)
    return record_json(driver.update_record(record, data=data))


def delete_record(zone_id, record_id):
    return driver.delete_record(driver.get_record(zone_id, record_id))


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
