"""What the text of a cell means, whatever file it comes from: SKUs, names, traces of spreadsheets."""
