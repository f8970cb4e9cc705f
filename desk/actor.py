"""Who acts: a person, or the desk itself (its workers and its command line)."""

from dataclasses import dataclass, field
from typing import Literal

Role = Literal["editor", "approver", "correspondent"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who calls a verb. `roles` holds (desk id, role) pairs; the system has no person and may do all."""

    kind: Literal["person", "system"]
    person_id: int | None = None
    name: str = ""
    is_admin: bool = False
    roles: frozenset[tuple[int, Role]] = field(default_factory=frozenset)

    def has(self, role: Role, desk_id: int | None = None) -> bool:
        """Whether this actor holds `role` on that desk, or on any desk if none is given."""
        return any(r == role and (desk_id is None or d == desk_id) for d, r in self.roles)

    def desks(self, *roles: Role) -> frozenset[int]:
        """The desks on which this actor holds one of `roles` (any role if none is named)."""
        return frozenset(d for d, r in self.roles if not roles or r in roles)

    @property
    def id(self) -> int:
        """The person's id; only for verbs that a system never calls."""
        if self.person_id is None:
            raise TypeError("the system is nobody: this verb needs a person")
        return self.person_id


SYSTEM = Actor(kind="system", name="Dateline")
