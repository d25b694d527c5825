"""The errors a person can act on: each names a file or an option and says what to do."""

from seqdl.base.words import in_a_line

LONGEST = 5000
"""Letters that a message may have: a path, and what is wrong with it; what a file says may be of any length."""


class SeqdlError(Exception):
    """Something went wrong that the message explains; the command exits with 1.

    Parameters
    ----------
    message : str
        Which may quote what a file says, whatever that is: line breaks are escaped, and what is too long is cut.
    """

    exit_code = 1

    def __init__(self, message: str = "") -> None:
        super().__init__(in_a_line(message, LONGEST))


class UsageError(SeqdlError):
    """The command was called wrongly: an unknown option, key, dataset or value; exits with 2."""

    exit_code = 2


class GeometryError(UsageError):
    """A network of impossible sizes; the message names the layer and the sizes."""


class NoRoomError(SeqdlError):
    """The disk or the memory has no room for the work: no file is to blame, and none is left out for it."""


class CollapseError(SeqdlError):
    """Training has collapsed (NaN, exploding weights, one class for everything)."""


def reason(error: Exception, name: object) -> str:
    """Why the file ``name``, one of many, cannot be used, in a line.

    The project's own errors say so themselves; of others, which a damaged file may raise anywhere in a library, the
    name and the kind of the error are said too.
    """
    text = " ".join(str(error).split())
    if isinstance(error, SeqdlError):
        return text
    if isinstance(error, MemoryError):
        kind = "out of memory"
    elif isinstance(error, OSError) and error.strerror:
        kind, text = error.strerror, ""
    else:
        kind = f"cannot be used: {type(error).__name__}"
    return f"{name}: {kind}: {text}" if text else f"{name}: {kind}"
