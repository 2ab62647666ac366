"""The links at the top of every page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """A link to the page at ``path``. It is marked as current on that page, on the pages ``below``, and on
    all pages below these.
    """

    title: str
    path: str
    below: tuple[str, ...] = ()

    def leads_to(self, path: str) -> bool:
        """Returns whether the page at ``path`` belongs to this item."""
        return path == self.path or any(f"{path}/".startswith(f"{each}/") for each in self.below)


NAVIGATION: Final = (
    NavigationItem("Import", "/", below=("/imports", "/restore")),
    NavigationItem("Products", "/products", below=("/products",)),
    NavigationItem("Schedules", "/schedules", below=("/schedules",)),
    NavigationItem("Profiles", "/profiles", below=("/profiles",)),
    NavigationItem("Dashboard", "/dashboard"),
    NavigationItem("Audit", "/audit"),
)
