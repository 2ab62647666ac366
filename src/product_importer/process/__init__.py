"""What a long-running command does as a process: it waits for its end, and gives up the rights of root."""
