"""The providers of the sandbox: every module here is one, found by being here.

A module offers

    PREFIX                     its path on the server, such as /openai/v1
    SUMMARY                    one line for people
    blueprint(world)           a Flask blueprint that answers as the provider does
    problem(status, message)   the body of an error in the provider's words
    environment(base_url)      the lines of the environment file that point a client at it
    PAGING                     optional: where replies hold rows and cursors (faults.Paging), if not as usual
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from types import ModuleType


def modules() -> list[ModuleType]:
    """Return every provider, by name."""
    names = sorted(found.name for found in pkgutil.iter_modules(__path__))
    return [import_module(f"{__name__}.{name}") for name in names]
