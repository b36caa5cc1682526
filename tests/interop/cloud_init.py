"""Boots an instance with Debian's cloud-init, as far as user data is concerned.

    cloud_init.py DIRECTORY MODULE...

DIRECTORY/cloud/seed/nocloud/ holds `user-data` and `meta-data`. cloud-init uses
DIRECTORY/cloud instead of /var/lib/cloud. Only the named modules change anything
else on the machine. Standard output has the output of the scripts.
DIRECTORY/result.json has the merged cloud-config, the failures, and the log
messages with level WARNING or above.
"""

import json
import logging
import sys

from cloudinit import stages
from cloudinit.config import modules as config_modules
from cloudinit.settings import PER_ALWAYS, PER_INSTANCE

folder, *names = sys.argv[1:]
with open(f"{folder}/base.cfg", "w") as file:
    json.dump(
        {
            "datasource_list": ["NoCloud"],
            # Do not search disks for a seed.
            "datasource": {"NoCloud": {"fs_label": None}},
            "def_log_file": f"{folder}/cloud-init.log",
            "system_info": {
                "distro": "debian",
                "paths": {
                    "cloud_dir": f"{folder}/cloud",
                    "run_dir": f"{folder}/run",
                    "templates_dir": "/etc/cloud/templates",
                },
            },
        },
        file,
    )

warnings = []


class Warnings(logging.Handler):
    def emit(self, record):
        warnings.append(record.getMessage())


logging.getLogger().addHandler(Warnings(logging.WARNING))


class Init(stages.Init):
    # Ignore the machine's own configuration.
    def _read_cfg(self, extra_fns):
        return stages.util.read_conf(f"{folder}/base.cfg")


init = Init()
init.read_cfg()
init.initialize()
init.fetch(existing="check")
init.instancify()
init.setup_datasource()
init.update()
init.consume_data(PER_ALWAYS)
with open(f"{folder}/cloud/instance/cloud-config.txt") as file:
    config = stages.util.load_yaml(file.read(), default={})

# Read the merged cloud-config, as a boot stage does.
mods = config_modules.Modules(init)
failures = []
for name in names:
    _, failed = mods.run_single(name, freq=PER_INSTANCE)
    failures += [f"{module}: {error}" for module, error in failed]

# Without escapes: a surrogate in a string is an error, as it would be in a file.
with open(f"{folder}/result.json", "w", encoding="utf-8") as file:
    json.dump(
        {"config": config, "failures": failures, "warnings": warnings},
        file,
        ensure_ascii=False,
    )
