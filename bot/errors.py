"""Errors meant for a person: what is wrong, with which value, and what helps."""


class WarteschleifeError(Exception):
    """Base of every error that is shown to a user.

    Args:
        message: What is wrong, naming the thing and the value, in German.
        remedy: What the user can do about it, in German.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy


class ContentError(WarteschleifeError):
    """A content or configuration file cannot be used."""


class NotFoundError(WarteschleifeError):
    """Something was asked for by an id that does not exist."""


class InvalidInputError(WarteschleifeError):
    """What came in is not acceptable as it is (length, control characters, wrong value)."""


class ConflictError(WarteschleifeError):
    """Another request on the same conversation was faster, or the conversation has ended."""


class StorageError(WarteschleifeError):
    """The database or a folder cannot be read or written."""


class DatabaseError(StorageError):
    """The database cannot be used; the message says where it lies."""


class ModelError(WarteschleifeError):
    """There is no usable model, or it was trained from other data."""


class LoginNeededError(WarteschleifeError):
    """Nobody is logged in, or the login has ended."""


class ForbiddenError(WarteschleifeError):
    """The role of the person does not allow it, or the form was not one of ours."""


class TooManyError(WarteschleifeError):
    """The same was tried too often in a short time.

    Args:
        retry_after: seconds after which it may be tried again.
    """

    def __init__(self, message: str, remedy: str = "", retry_after: int = 60) -> None:
        super().__init__(message, remedy)
        self.retry_after = retry_after
