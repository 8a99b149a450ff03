"""Addresses of servers: which of them are one and the same, and which are this machine."""

from ipaddress import ip_address

import httpx


def authority(url: httpx.URL) -> tuple[str, int]:
    """Host and port; two addresses with the same are one and the same server."""
    return url.raw_host.decode(), url.port or (80 if url.scheme == "http" else 443)


def same_place(one: httpx.URL, other: httpx.URL) -> bool:
    """Whether two addresses are one but for their queries."""
    return (one.scheme, authority(one), one.path) == (other.scheme, authority(other), other.path)


def host_of(url: httpx.URL) -> str:
    """The host, with its port where it is not the usual one."""
    return url.netloc.decode("ascii", "replace").rpartition("@")[2]


def is_loopback(host: str) -> bool:
    """Whether a host, with or without a port, is this machine."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    if name == "localhost":
        return True
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
