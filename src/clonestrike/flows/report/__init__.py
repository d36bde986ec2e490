"""The report page of a demo."""

from clonestrike.flows.report.page import Report, write_report
from clonestrike.flows.report.sections import Stage

__all__ = ["Report", "Stage", "write_report"]
