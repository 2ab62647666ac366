"""What senders send."""


async def blocks(*parts, then=None):
    """These bytes, one block after the other; then perhaps an error, as of a broken connection."""
    for part in parts:
        yield part
    if then is not None:
        raise then
