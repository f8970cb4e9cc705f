"""The wheel carries templates, migrations and the Procfile under desk/; an editable install reads the checkout."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Resources(BuildHookInterface):  # type: ignore[type-arg]  # hatchling's generic has no use here
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "standard":
            for name in ("templates", "migrations", "Procfile"):
                build_data["force_include"][name] = f"desk/{name}"
