"""An import that was begun too often without getting on is begun no more."""

import pytest

from product_importer.imports.checks import MOST_ATTEMPTS
from product_importer.model import Status


@pytest.fixture
def server(postgres_18):
    return postgres_18


@pytest.mark.parametrize(
    ("begun", "status"), [(MOST_ATTEMPTS - 1, Status.COMPLETED), (MOST_ATTEMPTS, Status.FAILED)]
)
async def test_the_last_attempt_is_still_made(shop, begun, status):
    importer = await shop.importer()
    import_id = await importer.imports.create(shop.file("sku,name\nA,Tea\n"))
    await shop.connection.execute("UPDATE imports SET attempts = $1 WHERE id = $2", begun, import_id)

    report = await importer.imports.start(import_id)

    assert report.status is status
    assert (f"begun {MOST_ATTEMPTS} times without getting on" in report.state.message) is (
        status is Status.FAILED
    )
