"""Runs a script for DigitalOcean that uses Apache Libcloud, on loopback.

The script comes from standard input.

usage: from_libcloud.py HOST PORT
"""

import sys
import warnings

# Libcloud warns about urllib3 2.
warnings.simplefilter("ignore")

from libcloud.compute.drivers import digitalocean  # noqa: E402


class Plain(digitalocean.DigitalOcean_v2_NodeDriver.connectionCls):
    """Plain HTTP to loopback. The driver has no option for the host."""

    allow_insecure = True

    def __init__(self, key, secure=True, **options):
        options.update(host=sys.argv[1], port=int(sys.argv[2]))
        super().__init__(key, secure=False, **options)


digitalocean.DigitalOcean_v2_NodeDriver.connectionCls = Plain

exec(compile(sys.stdin.read(), "script", "exec"), {"__name__": "__main__"})
