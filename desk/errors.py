"""What can go wrong, in the newsroom's words; `desk/http` turns each into one status and one page.

A message is a gettext id with named parameters, so that an edge can say it in the reader's language:
``Invalid("Unknown zone: %(zone)s.", field="zone", zone="Europe/Atlantis")``.
"""

from datetime import datetime


class DeskError(Exception):
    """Base of all expected refusals. `field` names the form field that the sentence belongs to."""

    def __init__(self, message: str, /, *, field: str | None = None, **params: object) -> None:
        self.message = message
        self.params = params
        self.field = field
        super().__init__(message)

    def __str__(self) -> str:
        return self.message % self.params if self.params else self.message


class Invalid(DeskError):
    """What was given can't be used: 422, the form comes back filled."""


class Incomplete(Invalid):
    """Several things are missing at once: `each` has a sentence for each of them, with its field."""

    def __init__(self, *each: Invalid) -> None:
        self.each = each
        super().__init__(each[0].message, field=each[0].field, **each[0].params)

    def __str__(self) -> str:
        return " ".join(str(one) for one in self.each)


class Past(Invalid):
    """A time that is not ahead, though it may be meant: `at` is the instant, to be agreed to."""

    def __init__(self, message: str, /, *, field: str, at: datetime) -> None:
        self.at = at
        super().__init__(message, field=field)


class AddressRefused(Invalid):
    """An address that this desk will not talk to (a private network, a strange scheme)."""


class Unreadable(DeskError):
    """Bytes that no reader of ours understands: 422."""


class TooLarge(Unreadable):
    """More than the stated limit: 413."""


class NotFound(DeskError):
    """No such thing, or none that this person may know of: 404, the same for both."""


class Gone(NotFound):
    """What this person once had to do with and has no more: `params["assignment"]` names what their page tells of."""


class Forbidden(DeskError):
    """A person who may see the thing may not do this to it: 403."""


class NotNow(DeskError):
    """The thing's state does not allow it, or a gate is shut: 409, with the sentence that says which."""


class Overtaken(NotNow):
    """Somebody saved after the page was opened: 409. `params["read"]` is the public id of the version on that page."""


class SignInNeeded(DeskError):
    """Nobody is signed in, or the session has ended: 401, or a redirect to the door."""


class Throttled(DeskError):
    """Too many tries: 429; `params["seconds"]` says for how long."""


class Unreachable(DeskError):
    """The other side does not answer."""


class Unavailable(DeskError):
    """A server of our own (database, broker) does not answer: 503."""
