"""A connection to a mail server, on which everything ends with the time limit of `desk.addresses`.

smtplib's own limit is one for each read of a socket, and starts afresh with each byte that a slow server lets drip.
"""

import io
import smtplib
import socket
import ssl
from contextlib import suppress

from desk.addresses import OutOfTime, addresses_of, seconds_left

CHUNK = 16 * 1024  # what is given to a socket at a time
ADDRESSES_TRIED = 4
AT_ONCE = 0.001


class Line(smtplib.SMTP):
    """smtplib's client, to be used within a `time_limit`. With `tls` it speaks TLS from the start."""

    def __init__(self, helo: str, tls: ssl.SSLContext | None) -> None:
        super().__init__(local_hostname=helo)
        self._tls = tls

    def call(self, host: str, port: int) -> None:
        """Connect and hear the greeting."""
        self._host = host  # the name that TLS checks
        code, said = self.connect(host, port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        failure: OSError = socket.gaierror(f"No server was found under the name {host}.")
        found = addresses_of(host, port)[:ADDRESSES_TRIED]
        for still, address in zip(range(len(found), 0, -1), found, strict=True):
            try:
                sock = socket.create_connection((str(address), port), seconds_left() / still)
                break
            except OSError as error:
                failure = error
        else:
            raise failure
        # the lone last dot must not wait for the acknowledgement of the body
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(seconds_left())
        return sock if self._tls is None else self._tls.wrap_socket(sock, server_hostname=host)

    def send(self, s: bytes | str) -> None:  # type: ignore[override]  # nobody gives it any other buffer
        data = s.encode(self.command_encoding) if isinstance(s, str) else s
        for start in range(0, len(data), CHUNK):
            if self.sock is not None:
                self.sock.settimeout(seconds_left())
            super().send(data[start : start + CHUNK])

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = io.BufferedReader(_Heard(self.sock))
        reply = super().getreply()
        if self.sock is not None:  # for the handshake, if one follows; an answer that came in time stands
            with suppress(OutOfTime):
                self.sock.settimeout(AT_ONCE)
                self.sock.settimeout(seconds_left())
        return reply


class _Heard(io.RawIOBase):
    """What a socket hears, each piece within the time limit."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__()
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # typeshed's own name for it is private
        self._sock.settimeout(seconds_left())
        return self._sock.recv_into(buffer)
