"""The importer's own names, and the former ones that programs may still use."""

import pytest

from product_importer.app import FORMER_NAMES
from product_importer.imports import Imports


@pytest.fixture
async def importer(shop):
    return await shop.importer()


async def test_former_names_are_those_of_the_imports(importer):
    for name in sorted(FORMER_NAMES):
        assert callable(getattr(Imports, name))
        with pytest.warns(DeprecationWarning, match=f"Importer.{name} is now Importer.imports.{name}"):
            assert getattr(importer, name) == getattr(importer.imports, name)


async def test_a_program_that_uses_them_works(importer, shop):
    program = importer
    path = shop.file("sku,name\nTEA-1,Green tea\n")
    with pytest.warns(DeprecationWarning, match="Importer.create is now"):
        import_id = await program.create(path)
    with pytest.warns(DeprecationWarning, match="Importer.start is now"):
        assert (await program.start(import_id)).created == 1


async def test_other_names_are_unknown(importer):
    with pytest.raises(AttributeError, match="'Importer' object has no attribute 'launch'"):
        importer.launch  # noqa: B018
