"""The JSON API over HTTP, under ``/api/v1``."""
