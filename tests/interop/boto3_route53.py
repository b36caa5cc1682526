"""Runs operations with the Route 53 client of boto3.

Reads one JSON array per line: the name of an operation, unused positional
arguments, and its parameters. The operations `paginate` and `wait` call those of
the parameter `Operation`. Writes one line for each: {"result": ...} or
{"error": "code: message"}.

usage: boto3_route53.py HOST PORT KEY SECRET
"""

import json
import sys
import warnings

warnings.simplefilter("ignore")

import boto3  # noqa: E402
from botocore.config import Config  # noqa: E402

host, port, key, secret = sys.argv[1:5]
client = boto3.client(
    "route53",
    endpoint_url="http://%s:%s" % (host, port),
    region_name="us-east-1",
    aws_access_key_id=key,
    aws_secret_access_key=secret,
    config=Config(retries={"mode": "standard", "max_attempts": 8}),
)


def call(name, options):
    operation = options.pop("Operation", None)
    if name == "paginate":
        return client.get_paginator(operation).paginate(**options).build_full_result()
    if name == "wait":
        config = {"Delay": 0.02, "MaxAttempts": 100}
        return client.get_waiter(operation).wait(WaiterConfig=config, **options)
    return getattr(client, name)(**options)


for line in sys.stdin:
    name, _, options = json.loads(line)
    try:
        result = call(name, options)
        (result or {}).pop("ResponseMetadata", None)
        answer = {"result": result}
    except Exception as error:  # reported to the test
        answer = {"error": "%s: %s" % (type(error).__name__, error)}
    print(json.dumps(answer, default=str), flush=True)
