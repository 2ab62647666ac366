"""The roles of a process of the shell: web, worker, or both together."""
