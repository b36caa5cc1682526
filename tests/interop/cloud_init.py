"""Boots an instance, as far as user data goes, with Debian's own cloud-init.

    cloud_init.py FOLDER MODULE...

FOLDER/cloud/seed/nocloud/ holds `user-data` and `meta-data`. All that cloud-init
keeps goes to FOLDER/cloud, in place of /var/lib/cloud, and nothing else of the
machine is touched, but by the modules that are named. What the scripts print is
on standard output, and FOLDER/result.json has the merged cloud-config, the
failures, and what was logged from warnings on.
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
            # No disk is looked at.
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
    # The configuration of this machine stays out of it.
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

# Reads what was merged, as a stage of the boot does.
mods = config_modules.Modules(init)
failures = []
for name in names:
    _, failed = mods.run_single(name, freq=PER_INSTANCE)
    failures += [f"{module}: {error}" for module, error in failed]

with open(f"{folder}/result.json", "w") as file:
    json.dump(
        {"config": config, "failures": failures, "warnings": warnings}, file
    )
