"""The importer's own names, and the former ones that programs may still use."""

import importlib
import importlib.metadata
import sys
from urllib.parse import urlsplit

import pytest

import product_importer
from product_importer import FORMER_MODULES, Importer
from product_importer.app import FORMER_NAMES
from product_importer.errors import UsageError
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


async def test_it_can_be_opened_and_closed_without_a_block(server):
    async with server.database() as url:
        importer = await Importer.open(url)
        assert (await importer.catalogue.list()).total == 0
        await importer.close()
        await importer.close()
        with pytest.raises(UsageError, match="The importer is closed"):
            await importer.run(b"sku,name\n")
        async with server.database(urlsplit(url).path[1:]):  # a copy needs that nobody is connected
            pass


def test_the_version_is_that_of_the_distribution():
    assert product_importer.__version__ == importlib.metadata.version("product-importer")


async def test_other_names_are_unknown(importer):
    with pytest.raises(AttributeError, match="'Importer' object has no attribute 'launch'"):
        importer.launch  # noqa: B018


@pytest.mark.parametrize(("former", "present"), FORMER_MODULES.items())
def test_modules_that_have_moved_are_found_by_their_former_names(former, present):
    sys.modules.pop(f"product_importer.{former}", None)
    with pytest.warns(DeprecationWarning, match=rf"{former} is now product_importer.{present};"):
        found = importlib.import_module(f"product_importer.{former}")

    assert found is importlib.import_module(f"product_importer.{present}")


def test_other_modules_are_unknown():
    with pytest.raises(ModuleNotFoundError, match="No module named 'product_importer.launching'"):
        importlib.import_module("product_importer.launching")
