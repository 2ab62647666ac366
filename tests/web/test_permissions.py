"""Which permission every route asks for, written down once more: a slip in the route table is seen here."""

from product_importer_web.routes import ROUTES

ID = "{id:[1-9][0-9]{0,17}}"
UPLOAD = "/api/v1/uploads/{upload:[0-9a-f]{32}}"

EXPECTED = {
    "PUBLIC": {
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/static/{version:[0-9a-f]+}/{name:.+}"),
        ("OPTIONS", "/api/v1/uploads"),
    },
    "VIEW": {
        ("GET", "/metrics"),
        ("GET", "/"),
        ("GET", f"/imports/{ID}"),
        ("GET", "/products"),
        ("GET", f"/products/{ID}"),
        ("GET", "/dashboard"),
        ("GET", "/api/v1/imports"),
        ("GET", f"/api/v1/imports/{ID}"),
        ("GET", f"/api/v1/imports/{ID}/events"),
        ("GET", f"/api/v1/imports/{ID}/rejects"),
        ("GET", f"/api/v1/imports/{ID}/rejects.json"),
        ("GET", f"/api/v1/imports/{ID}/rejects.csv"),
        ("GET", f"/api/v1/imports/{ID}/warnings"),
        ("GET", f"/api/v1/imports/{ID}/warnings.json"),
        ("GET", f"/api/v1/imports/{ID}/warnings.csv"),
        ("GET", "/api/v1/products"),
        ("GET", "/api/v1/products.csv"),
        ("GET", f"/api/v1/products/{ID}"),
        ("GET", "/api/v1/deletions"),
        ("GET", f"/api/v1/deletions/{ID}"),
    },
    "EDIT": {
        ("POST", "/imports"),
        ("POST", f"/imports/{ID}/cancel"),
        ("POST", f"/imports/{ID}/retry"),
        ("POST", f"/imports/{ID}/apply"),
        ("POST", f"/api/v1/imports/{ID}/cancel"),
        ("POST", f"/api/v1/imports/{ID}/retry"),
        ("POST", "/api/v1/imports"),
        ("POST", "/api/v1/uploads"),
        ("GET", UPLOAD),
        ("PATCH", UPLOAD),
        ("POST", UPLOAD),
        ("DELETE", UPLOAD),
        ("GET", f"{UPLOAD}/preview"),
        ("POST", "/api/v1/previews"),
        ("POST", "/api/v1/products"),
        ("POST", "/api/v1/products/activate"),
        ("POST", "/api/v1/products/delete"),
        ("PATCH", f"/api/v1/products/{ID}"),
        ("DELETE", f"/api/v1/products/{ID}"),
    },
    "ADMINISTER": {("POST", "/api/v1/products/delete-all")},
}


def test_every_route_asks_for_the_permission_that_is_written_here():
    asked = {}
    for route in ROUTES:
        asked.setdefault(route.permission.name, set()).add((route.method, route.path))
    assert asked == EXPECTED
