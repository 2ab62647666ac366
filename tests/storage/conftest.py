"""Every storage, with a way to look inside."""

from dataclasses import dataclass
from typing import Any

import pytest

from product_importer.storage import open_storage


@dataclass
class Kept:
    """``contents()`` gives the sizes of all that is stored, by its name."""

    storage: Any
    contents: Any


@pytest.fixture(params=["directory", "s3"])
def kept(request, tmp_path):
    if request.param == "s3":
        bucket = request.getfixturevalue("bucket")
        return Kept(open_storage(f"s3://{bucket.name}/some/prefix"), bucket.names)
    folder = tmp_path / "files"

    def contents():
        return {
            str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*") if path.is_file()
        }

    return Kept(open_storage(folder.as_uri()), contents)


@pytest.fixture
def storage(kept):
    return kept.storage
