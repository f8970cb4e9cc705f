"""The other side, as a program of its own: a mail server and a webhook's receiver that write down what they were given.

It knows nothing of the desk and shares no code with it, so that it can judge. Every mail and every webhook that has
arrived whole is one JSON line in the file before it is answered, after a pause of `SECONDS`: whoever is killed while
waiting for the answer has handed over all the same.

    python -m tests.chaos.receiver FILE SECONDS

prints the ports of the mail server and of the webhooks, and ends when its standard input closes.
"""

import asyncio
import json
import os
import re
import sys
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from email.parser import BytesHeaderParser

Arrival = dict[str, str | float]
Talk = Callable[[StreamReader, StreamWriter], Awaitable[None]]


class Receiver:
    """Writes down what arrives; one line is one write, so that a reader never sees half of one."""

    def __init__(self, file: str, seconds: float) -> None:
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._seconds = seconds

    async def take(self, arrival: Arrival) -> None:
        os.write(self._file, (json.dumps({"at": time.time(), **arrival}) + "\n").encode())
        await asyncio.sleep(self._seconds)

    async def mail(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One connection of RFC 5321, as much of it as a sender needs."""
        to = ""
        await _say(writer, "220 receiver.example")
        while line := await reader.readline():
            command = line.decode("ascii", "replace").strip()
            word = command[:4].upper()
            if word == "RCPT":
                to = command.partition("<")[2].partition(">")[0]
            if word == "DATA":
                await _say(writer, "354 Go on")
                wire = await reader.readuntil(b"\r\n.\r\n")
                await self.take(_mail(wire, to))
            await _say(writer, "221 Bye" if word == "QUIT" else "250 OK")
            if word == "QUIT":
                return

    async def webhook(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One connection of HTTP/1.1, kept open."""
        while head := await reader.readuntil(b"\r\n\r\n"):
            request, *lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            about = json.loads(body)["data"]
            await self.take(
                {
                    "by": "webhook",
                    "id": headers["webhook-id"],
                    "to": request.split()[1],
                    "about": f"{about['story']} {about['edition']}",
                }
            )
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await writer.drain()


def _mail(wire: bytes, to: str) -> Arrival:
    headers = BytesHeaderParser().parsebytes(wire)
    story = re.search(r"<story\.(\w+)@", headers["References"] or "")
    return {"by": "mail", "id": headers["Message-ID"], "to": to, "about": story[1] if story else ""}


async def _say(writer: StreamWriter, answer: str) -> None:
    writer.write(f"{answer}\r\n".encode())
    await writer.drain()


async def main(file: str, seconds: float) -> None:
    """Receive until standard input closes."""
    receiver = Receiver(file, seconds)
    ports = [await _listen(talk) for talk in (receiver.mail, receiver.webhook)]
    sys.stdout.write("{} {}\n".format(*ports))
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def _listen(talk: Talk) -> int:
    async def connected(reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, OSError):  # the other side was killed
            await talk(reader, writer)
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, backlog=500)
    port: int = server.sockets[0].getsockname()[1]
    return port


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
