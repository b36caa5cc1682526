"""Serves a WSGI application, one thread for each connection.

    python3 -m nephos_openstack.serve PORT MODULE:FUNCTION

The function creates the application. Each response closes its connection.
"""

import importlib
import socketserver
import sys
from wsgiref import simple_server


class Server(socketserver.ThreadingMixIn, simple_server.WSGIServer):
    daemon_threads = True
    request_queue_size = 128


def main():
    port, target = sys.argv[1:]
    # The services read the arguments of the program, too.
    del sys.argv[1:]
    module, function = target.split(":")
    application = getattr(importlib.import_module(module), function)()
    simple_server.make_server(
        "127.0.0.1", int(port), application, server_class=Server
    ).serve_forever()


main()
