"""The errors a person can act on: each names a file or an option and says what to do."""


class SeqdlError(Exception):
    """Something went wrong that the message explains; the command exits with 1."""

    exit_code = 1


class UsageError(SeqdlError):
    """The command was called wrongly: an unknown option, key, dataset or value; exits with 2."""

    exit_code = 2


class GeometryError(UsageError):
    """A network of impossible sizes; the message names the layer and the sizes."""


class CollapseError(SeqdlError):
    """Training has collapsed (NaN, exploding weights, one class for everything)."""
