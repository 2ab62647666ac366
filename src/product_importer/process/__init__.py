"""Process control of long-running commands: how they stop, and how they give up the rights of root."""
