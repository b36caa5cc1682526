"""Prints how openstacksdk reads clouds.yaml, as JSON.

Standard input is a list of cases: the texts of the files, the variables, and
the name of the cloud and the region.
"""

import json
import os
import sys
import tempfile
import warnings

warnings.simplefilter("ignore")

from openstack.config import loader  # noqa: E402

FILES = {
    "cloudsYaml": "config_files",
    "secureYaml": "secure_files",
    "cloudsPublicYaml": "vendor_files",
}


def read(case, folder):
    os.environ.clear()
    os.environ.update(case.get("env", {}))
    files = {}
    for name, parameter in FILES.items():
        files[parameter] = []
        if name in case:
            path = os.path.join(folder, name + ".yaml")
            with open(path, "w") as file:
                file.write(case[name])
            files[parameter] = [path]
    # The command line tools pass this variable as an argument.
    region = case.get("region") or os.environ.get("OS_REGION_NAME")
    config = loader.OpenStackConfig(**files)
    return config.get_one(cloud=case.get("cloud"), region_name=region).config


def main():
    results = []
    for case in json.load(sys.stdin):
        with tempfile.TemporaryDirectory() as folder:
            try:
                config = read(case, folder)
                keys = (
                    "auth", "auth_type", "region_name", "interface",
                    "identity_api_version", "compute_endpoint_override",
                )
                results.append({key: config.get(key) for key in keys})
            except Exception as error:
                results.append({"error": type(error).__name__})
    json.dump(results, sys.stdout)


main()
