"""Helpers for the store, the storage, and plugins with tables of their own.

They provide connections that survive a lost server, statements in files, events as bytes, and calls that run
to their end. No module here imports another.
"""
