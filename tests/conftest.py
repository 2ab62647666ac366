"""What all tests share."""

from hypothesis import settings

# A busy machine is no defect: how long one example takes says nothing about the code.
settings.register_profile("any-machine", deadline=None)
settings.load_profile("any-machine")
