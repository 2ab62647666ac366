"""What the store, the storage, and plugins with tables of their own stand on.

Connections that survive a lost server, statements in files, events as bytes, and calls that are seen through
to their end. No module here knows another.
"""
