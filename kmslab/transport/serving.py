"""Puts an endpoint together with its threads and a server in front."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from kmslab.transport.endpoint import Behind, Endpoint
from kmslab.transport.server import Server

#: Threads for what is not answered at once: RSA keys, moto, waiting for the disk.
_WORKERS = 16


def serve(
    behind: Callable[[], Behind],
    host: str = "127.0.0.1",
    port: int = 0,
    reset: Callable[[], None] | None = None,
) -> Server:
    """Serve every service of a Lab at one address.

    Args:
        behind: What answers now.
        host: A loopback address.
        port: The port; 0 for any that is free.
        reset: Empties the Lab; None where that is not offered.

    Raises:
        KmslabError: the port is taken, or `host` is no loopback address.
    """
    workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="kmslab worker")
    server = Server(Endpoint(behind, workers, reset), workers, host, port)
    server.start()
    return server
