"""Work in the background.

What is to be done stands in PostgreSQL, and only there. SAQ carries wake-ups: "run import 12". So Redis may
lose everything at any moment: each worker looks into PostgreSQL every few seconds, and wakes somebody if
anything is due.
"""
