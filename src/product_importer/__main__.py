"""``python -m product_importer``: the same as the command ``product-importer``."""

from product_importer.cli import main

if __name__ == "__main__":
    main()
