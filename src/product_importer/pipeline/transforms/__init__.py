"""The steps between parser and mapping: they change cells and leave rows out, before columns are fields."""
