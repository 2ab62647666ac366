"""The log of changes: what each transaction did to products, with the values before."""
