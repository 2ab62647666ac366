"""The package's face has every public name of its modules: plugins import from there."""

import importlib
import pkgutil

from product_importer import ports


def test_each_name_is_on_the_face():
    names = []
    for module in pkgutil.iter_modules(ports.__path__):
        found = importlib.import_module(f"{ports.__name__}.{module.name}")
        names += [
            name for name, each in vars(found).items() if getattr(each, "__module__", "") == found.__name__
        ]

    assert sorted([*names, "DIGEST_BYTES", "EventValues", "JSON_TEXT"]) == sorted(ports.__all__)
    assert all(hasattr(ports, name) for name in ports.__all__)
