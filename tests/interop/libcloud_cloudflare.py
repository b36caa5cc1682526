"""Runs commands with Apache Libcloud's driver for Cloudflare.

Each line of standard input is a JSON array: the name of a function below, its
arguments and its options. The response is one line of JSON:
{"result": ...} or {"error": "Class: message"}.

usage: libcloud_cloudflare.py HOST PORT KEY [EMAIL]

With an email address, KEY is a global key, else a token.
"""

import json
import sys
import warnings

# Libcloud warns about urllib3 2 and later.
warnings.simplefilter("ignore")

from libcloud.dns.drivers import cloudflare  # noqa: E402


def connect(key, email=None):
    host, port = sys.argv[1:3]
    user, secret = (key, None) if email is None else (email, key)
    return cloudflare.CloudFlareDNSDriver(
        user, secret, secure=False, host=host, port=int(port)
    )


driver = connect(*sys.argv[3:])


def zone_json(zone):
    return {
        "id": zone.id,
        "name": zone.domain,
        "type": zone.type,
        "status": zone.extra["status"],
        "name_servers": zone.extra["name_servers"],
    }


def record_json(record):
    return {
        "id": record.id,
        "name": record.name,
        "type": record.type,
        "data": record.data,
        "ttl": record.ttl,
        "priority": record.extra["priority"],
        "proxied": record.extra["proxied"],
    }


def list_zones():
    return [zone_json(zone) for zone in driver.list_zones()]


def list_zones_as(token):
    return [zone_json(zone) for zone in connect(token).list_zones()]


def create_zone(name, account):
    return zone_json(driver.create_zone(name, extra={"account": account}))


def update_zone(zone_id, **extra):
    zone = driver.get_zone(zone_id)
    return zone_json(driver.update_zone(zone, zone.domain, extra=extra))


def delete_zone(zone_id):
    return driver.delete_zone(driver.get_zone(zone_id))


def list_records(zone_id):
    zone = driver.get_zone(zone_id)
    return [record_json(record) for record in driver.list_records(zone)]


def create_record(zone_id, name, type, data, **extra):
    zone = driver.get_zone(zone_id)
    return record_json(driver.create_record(name, zone, type, data, extra))


def update_record(zone_id, record_id, data):
    record = driver.get_record(zone_id, record_id)
    return record_json(driver.update_record(record, data=data))


def delete_record(zone_id, record_id):
    return driver.delete_record(driver.get_record(zone_id, record_id))


for line in sys.stdin:
    name, args, options = json.loads(line)
    try:
        response = {"result": globals()[name](*args, **options)}
    except Exception as error:
        response = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(response), flush=True)
