"""Finds, sorts and pages products: the statements for a list, and the narrow tables that make them fast."""
