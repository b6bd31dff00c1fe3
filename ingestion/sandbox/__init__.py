"""The provider sandbox: an invented company, and the APIs and files that bill it.

docs/sandbox.md tells what it offers.
"""

from ingestion.sandbox.server import Sandbox

__all__ = ["Sandbox"]
