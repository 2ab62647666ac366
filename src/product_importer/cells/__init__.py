"""The meaning of a cell's text, in any file: SKUs, names, barcodes, traces of spreadsheets."""
