"""By which address an account goes, however it was typed. Pure."""

import unicodedata

LONGEST = 320  # characters of a mail address; what is longer is none, and is not looked into


def account_of(email: str) -> str:
    """The address as accounts go by it: no blanks around, lower case, its domain in ASCII (IDNA, RFC 3490).

    What is no address at all comes back folded too, so that looking it up finds nobody.
    """
    folded = unicodedata.normalize("NFKC", email[:LONGEST]).strip().lower() + email[LONGEST:]
    name, at, domain = folded.rpartition("@")
    if domain.isascii() or len(email) > LONGEST:
        return folded
    try:
        return f"{name}{at}{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return folded
