"""Lists from which people choose."""

from functools import cache

from babel import Locale

from desk import clock

LANGUAGES = ("en", "ar", "de", "es", "fa", "fr", "he", "hu", "it", "nl", "pl", "pt", "ro", "ru", "sr", "tr", "uk", "zh")


@cache
def languages() -> list[tuple[str, str]]:
    """Languages that copy is written in: tag, and the language's own name."""
    return [(tag, Locale.parse(tag).get_display_name() or tag) for tag in LANGUAGES]


@cache
def zone_names() -> list[tuple[str, str]]:
    """All zones that can be chosen, with the place they are known by."""
    return [(name, clock.place_of(name)) for name in clock.zones()]
