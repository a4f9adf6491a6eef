"""Errors: one short tree; each says what was expected, what was found, where, and what to try next."""

from __future__ import annotations


class TrialkbError(Exception):
    """Anything a person can mend; the command line prints it as one line and exits with `code`."""

    code = 1


class BadInput(TrialkbError):
    """A file, record or argument that cannot be read as what it should be."""


class SourceChanged(TrialkbError):
    """A source no longer sends the format its contract describes: the run stops."""


class Blocked(TrialkbError):
    """A source refused to answer (challenge page, WAF, forbidden)."""


class Unreachable(TrialkbError):
    """A source gave no usable answer within the tries and the time there were; asking again later may help."""


class Refused(TrialkbError):
    """A source refused this very request (4xx): asking again gives the same answer. `status` is its HTTP status."""

    def __init__(self, message: str, status: int, body: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.body = body  # the first characters of the answer, keys struck out


class Incomplete(TrialkbError):
    """A harvest holds fewer records than the source announced; it can be resumed."""

    code = 3


class Locked(TrialkbError):
    """Another process is writing to the same knowledge base."""

    code = 4


class Corrupt(TrialkbError):
    """kb.sqlite or an index beside it is damaged, stale or from a newer version."""

    code = 5
