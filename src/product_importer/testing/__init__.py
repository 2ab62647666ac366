"""Tools for a plugin's own tests: sample data, loading of the plugin, checks of contracts, a database.

The ``check_…`` functions raise AssertionError (or the exception of the plugin) if an object breaks the
contract of :mod:`product_importer.ports`.
"""

from product_importer.testing.codecs import check_codec
from product_importer.testing.contracts import check_dedupe_policy, check_validator
from product_importer.testing.databases import temporary_database, temporary_importer
from product_importer.testing.formats import check_parser
from product_importer.testing.profiles import check_profiles
from product_importer.testing.samples import SAMPLE_ROWS, plugin_set, sample_batch, sample_events
from product_importer.testing.sinks import check_sink
from product_importer.testing.sources import check_source
from product_importer.testing.storages import check_storage
from product_importer.testing.transforms import check_transform
from product_importer.testing.whole_formats import FORMAT_ROWS, check_format

__all__ = [
    "FORMAT_ROWS",
    "SAMPLE_ROWS",
    "check_codec",
    "check_dedupe_policy",
    "check_format",
    "check_parser",
    "check_profiles",
    "check_sink",
    "check_source",
    "check_storage",
    "check_transform",
    "check_validator",
    "plugin_set",
    "sample_batch",
    "sample_events",
    "temporary_database",
    "temporary_importer",
]
