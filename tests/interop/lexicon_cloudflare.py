"""Runs commands with lexicon's provider for Cloudflare.

Each line of standard input is a JSON array: the name of a method of the provider,
its arguments and its options. The response is one line of JSON:
{"result": ...} or {"error": "Class: message"}.

usage: lexicon_cloudflare.py URL TOKEN DOMAIN
"""

import json
import sys

from lexicon.config import ConfigResolver
from lexicon.providers import cloudflare

url, token, domain = sys.argv[1:]
config = ConfigResolver().with_dict(
    {
        "provider_name": "cloudflare",
        "action": "list",
        "domain": domain,
        "type": "TXT",
        "cloudflare": {"auth_token": token},
    }
)
provider = cloudflare.Provider(config)
# The URL of the API is a constant of the provider.
provider.api_endpoint = url

for line in sys.stdin:
    name, args, options = json.loads(line)
    try:
        response = {"result": getattr(provider, name)(*args, **options)}
    except Exception as error:
        response = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(response), flush=True)
