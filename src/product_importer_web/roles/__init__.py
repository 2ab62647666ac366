"""What a process of the shell can be: web, worker, or both together."""
