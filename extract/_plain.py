"""The form of a stored text that rules read: simplified Chinese characters, item numbers blanked, then normalised.

One character stands for one, so that places stay: ②67例 are 67 patients, not 267.
"""

from __future__ import annotations

import re

from trialkb.text import Normal, normalise

from ._simplified import simplified

_ITEM = re.compile("[①-⒛❶-❿➀-➓㈠-㈩]")


def plain(text: str) -> str:
    """The text in simplified characters and without numbers in circles, as long as it was.

    >>> plain("②67例達到緩解")
    ' 67例达到缓解'
    """
    return text if text.isascii() else _ITEM.sub(" ", simplified(text))


def normal(text: str) -> Normal:
    """The normal form of the plain text, with spans of the stored one."""
    return normalise(plain(text))
