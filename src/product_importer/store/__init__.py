"""PostgreSQL: the schema and its migrations, imports and their leases, and the merge of a chunk."""
