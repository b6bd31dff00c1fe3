"""make impact: what a change of the seeds moves, in money, before it is merged."""


class ImpactError(Exception):
    """Why there is no report: what, where and how to mend it."""
