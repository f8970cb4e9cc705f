"""Addresses of pages without a request: for mails, payloads and the command line. A guard compares them with the
web's routes."""

from urllib.parse import quote, urlencode

PATHS: dict[str, str] = {
    "board": "/",
    "mine": "/mine",
    "story": "/stories/<public_id>",
    "write": "/stories/<public_id>/write",
    "republish": "/stories/<public_id>/republish",
    "assignment": "/assignments/<public_id>",
    "text": "/assignments/<public_id>/text",
    "offer": "/offers/<public_id>",
    "licensee": "/licensees/<public_id>",
    "wire": "/wire/<public_id>",
    "come_in": "/come-in/<token>",
    "forgotten": "/forgotten",
    "receipt": "/receipts/<token>",
}


class Links:
    """Absolute addresses under the desk's own (the setting DESK_URL)."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")

    def to(self, page: str, value: str = "", **asked: str) -> str:
        """The address of a page, and of which thing: `to("story", public_id)`. An unknown page is a KeyError.

        What is `asked` of it goes into its query: `to("write", public_id, assignment=other_id)`.
        """
        path = PATHS[page]
        start, _, rest = path.partition("<")
        _, _, end = rest.partition(">")
        query = f"?{urlencode(asked)}" if asked else ""
        return f"{self.base_url}{start}{quote(value, safe='')}{end}{query}"
