#!/usr/bin/env python3
"""Serves the pages to the network, behind a password.

Until Product Importer has accounts, its pages listen on the loopback interface only. This starts them there,
and nginx before them, which asks for a password. Both end when one ends, or when this is asked to.

Between the two is a Unix socket that no other user can reach. Started by root, both deal with requests under
an account of their own.

PORT                        where nginx listens; default 8080
PRODUCT_IMPORTER_USER       the user's name; default: importer
PRODUCT_IMPORTER_PASSWORD   the password, at least 12 characters
PRODUCT_IMPORTER_HOSTS      names under which browsers come; known by itself on Render and Railway
PRODUCT_IMPORTER_ACCOUNT    that account; default: product-importer
"""

from __future__ import annotations

import base64
import grp
import hashlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

SHORTEST_PASSWORD = 12
FEWEST_CHARACTERS = 5  # different ones
WELL_KNOWN = (
    *("password", "passwort", "importer", "qwerty", "qwertz", "letmein", "welcome", "changeme", "iloveyou"),
    *("abcdef", "admin", "secret", "123456", "654321", "7890", "789"),
)
ACCOUNT = "product-importer"
NAMED_BY_PLATFORMS = ("RENDER_EXTERNAL_HOSTNAME", "RAILWAY_PUBLIC_DOMAIN")

# Whoever has given the password once carries a cookie, and isn't slowed down; others are. Else an attacker
# who comes from the same address, such as a platform's proxy, would be in everybody's way.
COOKIE = "product_importer_guard"
REQUESTS_A_SECOND = 10
REQUESTS_AT_ONCE = 50  # without any delay: a page has some parts
REQUESTS_THAT_WAIT = 100  # more are refused

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
    server_tokens off;
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
    map $cookie_{cookie} $guesser {{
        default $binary_remote_addr;
        {token} '';
    }}
    map $cookie_{cookie} $introduction {{
        default '{cookie}={token}; Path=/; HttpOnly; SameSite=Strict';
        {token} '';
    }}
    limit_req_zone $guesser zone=guesses:1m rate={rate}r/s;
    limit_req_status 429;
    limit_req_log_level warn;
    map $http_upgrade $connection_upgrade {{
        default upgrade;
        '' '';
    }}
    server {{
        listen {outer};
        auth_basic "Product Importer";
        auth_basic_user_file {folder}/password;
        auth_delay 1s;
        location / {{
            limit_req zone=guesses burst={burst} delay={at_once};
            add_header Set-Cookie $introduction;
            proxy_pass http://unix:{folder}/web/web.sock:;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_set_header X-Request-ID $request_id;
        }}
        {health}
    }}
}}
"""


# Nothing of such a request is passed on: whoever has no password has no say in what the pages get to read.
HEALTH = """
        location = {path} {{
            auth_basic off;
            limit_except GET {{ deny all; }}
            client_max_body_size 1k;
            proxy_pass http://unix:{folder}/web/web.sock:{path};
            proxy_method GET;
            proxy_pass_request_body off;
            proxy_pass_request_headers off;
            proxy_set_header Host localhost;
            proxy_set_header Content-Length "";
        }}
"""


def main() -> int:
    environment = dict(os.environ)
    password = environment.pop("PRODUCT_IMPORTER_PASSWORD", "")
    user = environment.get("PRODUCT_IMPORTER_USER") or "importer"
    if reason := why_not(user, password):
        return refuse(reason)
    name = environment.get("PRODUCT_IMPORTER_ACCOUNT") or ACCOUNT
    account = workers_account(name)
    if account is None and os.geteuid() == 0:
        return refuse(
            f"Nothing that deals with requests is to run as root; there is no account {name}. Make it "
            f"with: useradd --system --user-group --no-create-home --shell /usr/sbin/nologin {name}"
        )
    nginx = shutil.which("nginx", path=f"{os.defpath}:/usr/sbin:{environment.get('PATH', '')}")
    if nginx is None:
        return refuse("nginx is not installed.")
    with tempfile.TemporaryDirectory(prefix="guarded-") as folder:
        configure(Path(folder), user, password, environment.get("PORT") or "8080", account)
        environment["PRODUCT_IMPORTER_HOSTS"] = hosts(environment)
        return run(
            [
                ["product-importer", "web", "--socket", f"{folder}/web/web.sock"],
                [nginx, "-c", f"{folder}/nginx.conf"],
            ],
            environment,
        )


def refuse(reason: str) -> int:
    sys.stderr.write(f"guarded: {reason}\n")
    return 2


def why_not(user: str, password: str) -> str | None:
    """Why this user's name or password won't do."""
    if ":" in user or not user.isprintable():
        return "Set PRODUCT_IMPORTER_USER to a name without colons and control characters."
    if len(password) < SHORTEST_PASSWORD:
        return f"Set PRODUCT_IMPORTER_PASSWORD to at least {SHORTEST_PASSWORD} characters."
    if not password.isprintable():
        return "PRODUCT_IMPORTER_PASSWORD holds control characters, such as a line's end: leave them out."
    left = password.lower()
    for word in (*WELL_KNOWN, user.lower()):
        left = left.replace(word, "")
    if len(left) < SHORTEST_PASSWORD // 2 or len(set(password)) < FEWEST_CHARACTERS:
        return (
            "PRODUCT_IMPORTER_PASSWORD is too easy to guess: it holds little but well-known words, or few "
            "different characters. This makes a good one: openssl rand -base64 18"
        )
    return None


def workers_account(name: str) -> pwd.struct_passwd | None:
    """Where we are root: whom nginx's workers run as. None if there is nobody."""
    if os.geteuid() != 0:
        return None
    return next((entry for entry in pwd.getpwall() if entry.pw_name == name and entry.pw_uid != 0), None)


def configure(folder: Path, user: str, password: str, outer: str, account: pwd.struct_passwd | None) -> None:
    """``account``: whom nginx's workers run as, if not as we do.

    The folder stays ours, and so do the folders that nginx makes in it: root's nginx follows links, which
    nobody else may put there. The account's is the subfolder of the pages' socket alone.
    """
    text = CONFIGURATION.format(
        account=f"user {account.pw_name} {grp.getgrgid(account.pw_gid).gr_name};" if account else "",
        folder=folder,
        outer=outer,
        cookie=COOKIE,
        token=secrets.token_hex(16),
        rate=REQUESTS_A_SECOND,
        at_once=REQUESTS_AT_ONCE,
        burst=REQUESTS_THAT_WAIT,
        health="".join(HEALTH.format(path=path, folder=folder) for path in ("/healthz", "/readyz")),
    )
    write(folder / "nginx.conf", text)
    write(folder / "password", f"{user}:{hashed(password)}\n")
    web = folder / "web"
    web.mkdir(0o700)
    if account:
        os.chown(folder / "password", 0, account.pw_gid)  # the workers read it at every request
        (folder / "password").chmod(0o640)
        os.chown(web, account.pw_uid, account.pw_gid)
        folder.chmod(0o711)


def write(path: Path, text: str) -> None:
    """A new file that nobody else can read."""
    with open(path, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)


def hashed(password: str) -> str:
    """As nginx reads it wherever it runs. A password in the clear would end at a colon."""
    salt = secrets.token_bytes(16)
    digest = hashlib.sha1(password.encode() + salt).digest()
    return "{SSHA}" + base64.b64encode(digest + salt).decode()


def hosts(environment: Mapping[str, str]) -> str:
    named = [environment.get(name, "") for name in ("PRODUCT_IMPORTER_HOSTS", *NAMED_BY_PLATFORMS)]
    return ",".join(filter(None, named))


def run(commands: list[list[str]], environment: Mapping[str, str]) -> int:
    """Until one ends, or we are asked to; then all are asked to. Gives the status of the first to end."""
    asked: list[bool] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.append(True))  # first: it may come before all have started
    children: list[subprocess.Popen[bytes]] = []
    try:
        children.extend(subprocess.Popen(each, env=environment) for each in commands if not asked)
        while not asked and all(child.poll() is None for child in children):
            time.sleep(0.1)
        return 0 if asked else next(child.returncode for child in children if child.returncode is not None)
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.wait()


if __name__ == "__main__":
    sys.exit(main())
