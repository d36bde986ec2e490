"""The one error that a user is meant to see."""


class ClonestrikeError(Exception):
    """Something the user can mend: the message is one line that says what is wrong and what to do.

    The command line prints it as an error line and exits with code 2.
    """
