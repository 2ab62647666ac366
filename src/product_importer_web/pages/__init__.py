"""The pages for users. Each shows the library's data; their scripts use ``/api/v1``."""
