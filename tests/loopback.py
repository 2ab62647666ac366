"""Keeps a test's process from reaching any other machine, whatever addresses it is told to ask.

``sitecustomize`` of the process calls :func:`install`.
"""

import ipaddress
import sys


def install():
    sys.addaudithook(_check)


def _check(event, arguments):
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if host and not _is_here(host if isinstance(host, str) else bytes(host).decode()):
        raise OSError(f"{host} is another machine")


def _is_here(host):
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
