"""The web shell over :mod:`product_importer`; it holds no logic of its own."""
