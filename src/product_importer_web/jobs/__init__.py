"""Background work.

The work to do is stored in PostgreSQL, and only there. SAQ carries wake-ups: "run import 12". So Redis may
lose all data at any moment: each worker polls PostgreSQL every few seconds, and wakes workers if any work is
due.
"""
