"""Reads zone files with dnspython, and prints what they contain.

Each line of the input is a JSON array: the origin and the text of a zone file.
For each, one line of output is a JSON array with the records: name, type, TTL and
the wire format in hexadecimal. Names are absolute and in lower case.
"""

import json
import sys

import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.zone


def records(origin, text):
    zone = dns.zone.from_text(
        text, origin=origin, relativize=False, check_origin=False
    )
    for name, rdataset in zone.iterate_rdatasets():
        owner = name.canonicalize().to_wire().hex()
        kind = dns.rdatatype.to_text(rdataset.rdtype)
        for rdata in rdataset:
            # The canonical form has its names in lower case.
            wire = rdata.to_wire(origin=dns.name.root).hex()
            yield [owner, kind, rdataset.ttl, wire]


for line in sys.stdin:
    origin, text = json.loads(line)
    try:
        result = sorted(records(origin, text))
    except Exception as error:  # pylint: disable=broad-except
        result = repr(error)
    print(json.dumps(result), flush=True)
