"""The sandbox's YAML files, read so that no number ever becomes a float.

`0.25` in a file is `Decimal("0.25")` here, a date is a `datetime.date`, a whole number an `int`.
A key that stands twice is refused: YAML would drop the first silently.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent

# libyaml is ten times faster; where it was not built the result is the same
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _ExactLoader(_Loader):
    """YAML with exact decimals and without repeated keys."""


def _decimal(loader: Any, node: yaml.ScalarNode) -> Decimal:
    return Decimal(node.value)


def _mapping(loader: Any, node: yaml.MappingNode) -> dict:
    keys = [loader.construct_object(key) for key, _ in node.value]
    repeated = sorted({str(key) for key in keys if keys.count(key) > 1})
    if repeated:
        raise ValueError(f"{node.start_mark}: written twice: {', '.join(repeated)}")
    return loader.construct_mapping(node, deep=True)


_ExactLoader.add_constructor("tag:yaml.org,2002:float", _decimal)
_ExactLoader.add_constructor("tag:yaml.org,2002:map", _mapping)


@cache
def read(name: str) -> dict[str, Any]:
    """Return the content of a YAML file beside this module, such as `company.yml`."""
    # The loader is a SafeLoader; ruff knows only the two names it ships with.
    return yaml.load((HERE / name).read_text(encoding="utf-8"), Loader=_ExactLoader)  # noqa: S506
