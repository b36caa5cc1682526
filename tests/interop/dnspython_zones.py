"""Reads zone files with dnspython, and prints what they contain.

Each line of the input is a JSON array: the origin and the text of a zone file.
For each, one line of output is a JSON object: the text of the zone as dnspython
writes it, the same in the form of RFC 3597, and the bytes of each TXT record, in
hexadecimal, by its name.
"""

import json
import sys

import dns.name
import dns.rdatatype
import dns.zone


def read(origin, text):
    zone = dns.zone.from_text(
        text, origin=origin, relativize=False, check_origin=False
    )
    texts = {}
    for name, _, rdata in zone.iterate_rdatas(dns.rdatatype.TXT):
        texts.setdefault(name.to_text(), []).append(rdata.to_wire().hex())
    generic = [
        f"{name} {ttl} TYPE{int(rdata.rdtype)} {rdata.to_generic()}"
        for name, ttl, rdata in zone.iterate_rdatas()
    ]
    return {
        "text": zone.to_text(relativize=False),
        "generic": "\n".join(generic),
        "texts": texts,
    }


for line in sys.stdin:
    try:
        result = read(*json.loads(line))
    except Exception as error:  # pylint: disable=broad-except
        result = {"error": repr(error)}
    print(json.dumps(result), flush=True)
