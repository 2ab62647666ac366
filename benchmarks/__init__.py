"""Side-by-side benchmarks: the importer, what an expert types into psql, and a row-by-row predecessor."""
