"""The HTTP server in front of an endpoint: uvicorn, in a thread of its own, on loopback only.

Source of the choice: measured on one core with a constant reply, uvicorn with httptools and uvloop served 27,000
requests a second, granian 25,000 as RSGI and 20,000 as ASGI.
"""

from __future__ import annotations

import contextlib
import ipaddress
import math
import selectors
import socket
import threading
from concurrent.futures import Executor
from typing import TYPE_CHECKING

from kmslab.errors import KmslabError

if TYPE_CHECKING:
    import uvicorn

    from kmslab.transport.endpoint import Endpoint

#: How long requests that are under way may take when the server stops, in seconds.
_GRACE = 10


class Server:
    """An endpoint on a port. Its address is known from the start; the server itself waits for its first client."""

    def __init__(self, endpoint: Endpoint, workers: Executor, host: str = "127.0.0.1", port: int = 0) -> None:
        """Take the port.

        Args:
            endpoint: What answers.
            workers: The endpoint's threads; they end with the server.
            host: A loopback address.
            port: The port; 0 for any that is free.

        Raises:
            KmslabError: the address is not of this machine alone, or the port is taken.
        """
        self._endpoint = endpoint
        self._workers = workers
        self._host = _loopback(host)
        self._socket = _listen(self._host, port)
        self._server: uvicorn.Server | None = None
        self._stopping = threading.Event()
        # Its other end wakes the thread that waits for the first client.
        self._wake, self._awake = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="kmslab endpoint", daemon=True)

    @property
    def url(self) -> str:
        """Its address, such as `http://127.0.0.1:4566`."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._socket.getsockname()[1]}"

    def start(self) -> None:
        """Accept clients."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is under way and accept nobody any more."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._wake.send(b".")
        if self._server is not None:
            self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(_GRACE + 5)
        self._workers.shutdown(wait=False)
        for each in (self._socket, self._wake, self._awake):
            each.close()

    def _run(self) -> None:
        # Whoever only might be called (a notebook) does not pay for a server until somebody calls.
        with selectors.DefaultSelector() as selector:
            for each in (self._socket, self._awake):
                selector.register(each, selectors.EVENT_READ)
            selector.select()
        if self._stopping.is_set():
            return
        import uvicorn

        from kmslab.transport import patience
        from kmslab.transport.protocol import Protocol

        config = uvicorn.Config(
            self._endpoint,
            lifespan="off",
            http=Protocol,
            ws="none",
            timeout_keep_alive=math.ceil(patience.LIMITS[patience.Wait.REQUEST]),
            log_level="error",
            log_config=None,
            access_log=False,
            server_header=False,
            # Nobody stands between: a client could only pretend to be elsewhere, to the trail and to aws:SourceIp.
            proxy_headers=False,
            backlog=1024,
            timeout_graceful_shutdown=_GRACE,
        )
        self._server = patience.Server(config)
        if self._stopping.is_set():
            self._server.should_exit = True
        self._server.run(sockets=[self._socket])


def _loopback(host: str) -> str:
    try:
        if host == "localhost" or ipaddress.ip_address(host).is_loopback:
            return "127.0.0.1" if host == "localhost" else host
    except ValueError:
        pass
    raise KmslabError(f"The endpoint is for this computer only: --host takes a loopback address, not {host!r}.")


def _listen(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except (OSError, OverflowError) as error:
        listening.close()
        raise KmslabError(f"Port {port} of {host} cannot be used ({error}); choose another with --port.") from None
    listening.listen(1024)
    return listening
