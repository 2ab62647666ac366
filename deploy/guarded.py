#!/usr/bin/env python3
"""Serves the pages to the network, behind a password.

Until Product Importer has accounts, its pages listen on the loopback interface only. This starts them there,
and nginx before them, which asks for a password. Both end when one ends, or when this is asked to.

PORT                        where nginx listens; default 8080
PRODUCT_IMPORTER_USER       the user's name; default: importer
PRODUCT_IMPORTER_PASSWORD   the password, at least 12 characters
PRODUCT_IMPORTER_HOSTS      names under which browsers come; known by itself on Render and Railway
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

SHORTEST_PASSWORD = 12
INNER_PORTS = ("8000", "8001")  # for the pages: the second where nginx is to have the first
NAMED_BY_PLATFORMS = ("RENDER_EXTERNAL_HOSTNAME", "RAILWAY_PUBLIC_DOMAIN")

# Bodies and answers are streamed; how long bodies may be, the pages say. Health is asked for by machines that
# have neither the password nor one of our names.
CONFIGURATION = """
{account}
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
    client_max_body_size 0;
    proxy_request_buffering off;
    proxy_buffering off;
    proxy_http_version 1.1;
    proxy_read_timeout 300s;
    map $http_upgrade $connection_upgrade {{
        default upgrade;
        '' '';
    }}
    server {{
        listen {outer};
        auth_basic "Product Importer";
        auth_basic_user_file {folder}/password;
        location / {{
            proxy_pass http://127.0.0.1:{inner};
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_set_header X-Request-ID $request_id;
        }}
        location ~ ^/(healthz|readyz)$ {{
            auth_basic off;
            proxy_pass http://127.0.0.1:{inner};
            proxy_set_header Host localhost;
        }}
    }}
}}
"""


def main() -> int:
    environment = dict(os.environ)
    password = environment.pop("PRODUCT_IMPORTER_PASSWORD", "")
    if len(password) < SHORTEST_PASSWORD:
        return refuse(f"Set PRODUCT_IMPORTER_PASSWORD to at least {SHORTEST_PASSWORD} characters.")
    nginx = shutil.which("nginx", path=f"{os.defpath}:/usr/sbin:{environment.get('PATH', '')}")
    if nginx is None:
        return refuse("nginx is not installed.")
    with tempfile.TemporaryDirectory(prefix="guarded-") as folder:
        outer = environment.get("PORT") or "8080"
        inner = inner_port(outer)
        configure(Path(folder), environment, password, outer, inner)
        environment["PRODUCT_IMPORTER_HOSTS"] = hosts(environment)
        return run(
            [["product-importer", "web", "--port", inner], [nginx, "-c", f"{folder}/nginx.conf"]],
            environment,
        )


def refuse(reason: str) -> int:
    sys.stderr.write(f"guarded: {reason}\n")
    return 2


def inner_port(outer: str) -> str:
    return next(port for port in INNER_PORTS if port != outer)


def configure(folder: Path, environment: Mapping[str, str], password: str, outer: str, inner: str) -> None:
    text = CONFIGURATION.format(
        account="user root;" if os.geteuid() == 0 else "",  # nobody else may look into the folder
        folder=folder,
        outer=outer,
        inner=inner,
    )
    (folder / "nginx.conf").write_text(text)
    user = environment.get("PRODUCT_IMPORTER_USER") or "importer"
    (folder / "password").write_text(f"{user}:{{PLAIN}}{password}\n")


def hosts(environment: Mapping[str, str]) -> str:
    named = [environment.get(name, "") for name in ("PRODUCT_IMPORTER_HOSTS", *NAMED_BY_PLATFORMS)]
    return ",".join(filter(None, named))


def run(commands: list[list[str]], environment: Mapping[str, str]) -> int:
    """Until one ends, or we are asked to; then all are asked to. Gives the status of the first to end."""
    children = [subprocess.Popen(command, env=environment) for command in commands]
    asked = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.append(True))
    while not asked and all(child.poll() is None for child in children):
        time.sleep(0.1)
    status = 0 if asked else next(child.returncode for child in children if child.returncode is not None)
    for child in children:
        child.terminate()
    for child in children:
        child.wait()
    return status


if __name__ == "__main__":
    sys.exit(main())
