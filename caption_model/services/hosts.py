"""For which machine a request is meant: its Host header must name this one.

A name that somebody else lets point here, known as DNS rebinding, would let any page on the web ask a server that
listens to this computer alone.
"""

import secrets
import socket
from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

HERE = ("localhost", "127.0.0.1", "::1")


def is_ours(name: str, address: str, others: Collection[str] = ()) -> bool:
    """Whether a host's name may be this machine's: an address, or a name that nobody else can give away.

    Args:
        name: of the host, without its port.
        address: that the server listens to.
        others: names that the server goes by, such as a proxy's.
    """
    if name in others:
        return True
    try:
        ip_address(name)
    except ValueError:
        own = socket.gethostname().lower()
        return name in {"localhost", address.lower()} or (
            address not in HERE and name in {own, f"{own.split('.')[0]}.local"}
        )
    return address not in HERE or name in HERE


def name_of(host: str) -> str:
    """The name in a Host header, without its port; empty where there is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def same(given: str, token: str) -> bool:
    """Whether two secrets are the same, in a time that tells nothing of where they differ."""
    return secrets.compare_digest(given.encode("utf-8", "replace"), token.encode("utf-8", "replace"))
