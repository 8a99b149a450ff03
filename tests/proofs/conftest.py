"""The profile `long`, known before any test is read: pytest --hypothesis-profile=long tests/proofs."""

from hypothesis import settings

settings.register_profile("long", deadline=None, derandomize=False, print_blob=True)
