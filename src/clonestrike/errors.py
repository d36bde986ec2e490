"""The error that is shown to the user."""


class ClonestrikeError(Exception):
    """An error that the user can fix: what is wrong (``problem``), and what to do about it (``remedy``).

    The command line prints both as one error line, ``problem: remedy``, and exits with code 2.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}: {self.remedy}"
