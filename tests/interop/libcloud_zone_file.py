"""Prints the zone file that Apache Libcloud exports for records of a zone.

The first argument is the name of the zone. The input is a JSON array of records:
name, type, TTL and data. The TTL is that of the record; Libcloud exports only one
in `extra`, which not all of its drivers set.
"""

import json
import sys

from libcloud.dns.base import DNSDriver, Record, Zone


class Driver(DNSDriver):
    """A driver whose records are the input."""

    def __init__(self):
        pass

    def list_records(self, zone):
        return [
            Record(None, name, kind, data, zone, self, ttl, {})
            for name, kind, ttl, data in json.load(sys.stdin)
        ]


driver = Driver()
zone = Zone("1", sys.argv[1], "master", 3600, driver)
print(driver.export_zone_to_bind_format(zone))
