"""The route table: every address, with the permission that it needs."""

from __future__ import annotations

from product_importer_web import health, metrics, static_files
from product_importer_web.api import (
    audit,
    changes,
    deletions,
    exports,
    history,
    imports,
    new_imports,
    openapi,
    previews,
    products,
    profiles,
    repeating,
    resubmissions,
    schedules,
    tus,
    undoing,
)
from product_importer_web.pages import audit as audit_pages
from product_importer_web.pages import dashboard, fixing, import_list
from product_importer_web.pages import imports as import_pages
from product_importer_web.pages import previews as preview_pages
from product_importer_web.pages import products as product_pages
from product_importer_web.pages import profiles as profile_pages
from product_importer_web.pages import schedules as schedule_pages
from product_importer_web.pages import undoing as undo_pages
from product_importer_web.routing import Route

ROUTES: tuple[Route, ...] = (
    *health.ROUTES,
    *metrics.ROUTES,
    *static_files.ROUTES,
    *preview_pages.ROUTES,
    *import_pages.ROUTES,
    *import_list.ROUTES,
    *fixing.ROUTES,
    *undo_pages.ROUTES,
    *product_pages.ROUTES,
    *profile_pages.ROUTES,
    *schedule_pages.ROUTES,
    *dashboard.ROUTES,
    *audit_pages.ROUTES,
    *audit.ROUTES,
    *imports.ROUTES,
    *repeating.ROUTES,
    *changes.ROUTES,
    *undoing.ROUTES,
    *new_imports.ROUTES,
    *resubmissions.ROUTES,
    *tus.ROUTES,
    *previews.ROUTES,
    *profiles.ROUTES,
    *products.ROUTES,
    *history.ROUTES,
    *exports.ROUTES,
    *deletions.ROUTES,
    *schedules.ROUTES,
    *openapi.ROUTES,
)
