"""The page that a whole run of the flow ends in."""

from clonestrike.flows.report.page import Report, write_report
from clonestrike.flows.report.sections import Stage

__all__ = ["Report", "Stage", "write_report"]
