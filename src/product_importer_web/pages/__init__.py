"""The pages that people see. Each shows what the library says; their scripts talk to ``/api/v1``."""
