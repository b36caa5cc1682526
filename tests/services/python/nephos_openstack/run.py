"""Runs a service of OpenStack.

    python3 -m nephos_openstack.run NAME MODULE:FUNCTION [ARGUMENT...]

Debian's packages with the code, such as python3-nova, lack the small programs
of the packages with the daemons, such as nova-api. This stands in for them.
"""

import importlib
import sys


def main():
    name, target, *arguments = sys.argv[1:]
    sys.argv = [name, *arguments]
    if name == "nova-compute":
        # Nova looks for hypervisors in its own package only.
        from nephos_openstack import hypervisor

        sys.modules["nova.virt.nephos"] = hypervisor
    module, function = target.split(":")
    sys.exit(getattr(importlib.import_module(module), function)())


main()
