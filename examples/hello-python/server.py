"""Says where it runs, with nothing but Python's standard library."""

import json
import os
import platform
import signal
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = int(os.environ.get("PORT", "8080"))
NAME = json.loads(os.environ.get("VCAP_APPLICATION", "{}")).get("application_name", "hello-python")
INDEX = os.environ.get("CF_INSTANCE_INDEX", "0")


class Hello(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = (
            f"Hello from {NAME}, instance {INDEX}.\n\n"
            f"my hostname  {socket.gethostname()}\n"
            f"my port      {PORT}\n"
            f"Python       {platform.python_version()}\n"
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = True


def stop(*_):
    raise SystemExit(0)


signal.signal(signal.SIGTERM, stop)
print(f"listening on port {PORT}", flush=True)
Server(("0.0.0.0", PORT), Hello).serve_forever()
