"""The one error that a user is meant to see."""


class ClonestrikeError(Exception):
    """Something that the user can mend: what is wrong, and what to do about it.

    The command line prints both as one error line, ``problem: remedy``, and exits with code 2.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}: {self.remedy}"
