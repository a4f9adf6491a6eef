"""XML: cut a stream into its records, and read one record as a tree, with nothing resolved or expanded.

The records are cut out by their tags, so a file of any size is never held whole, the record's own bytes are what is
kept, and no document type is ever given to a parser: entities can be neither declared nor fetched.
Traps: text is mixed content (10<sup>7</sup> must not become 107); some exports end without the root's end tag.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError, XMLParser

from trialkb.errors import BadInput
from trialkb.text import printable

BLOCK = 1 << 20
LARGEST = 16 << 20  # bytes of one record
MOST = 400_000  # tags of one record
_OPEN = b'<r xmlns:mml="http://www.w3.org/1998/Math/MathML" xmlns:xlink="http://www.w3.org/1999/xlink">'
_ENCODING = re.compile(rb"""\A\s*<\?xml[^>]*?encoding=["']([A-Za-z0-9._-]+)["']""")
_SUPER = str.maketrans("0123456789+-−–", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻")


def cut(
    stream: BinaryIO, tags: Iterable[str], name: str, root: str | None = None, *, open_end: bool = False
) -> Iterator[bytes]:
    """The records of a stream as UTF-8 bytes, `<Tag ...>` to `</Tag>`; records do not stand inside each other.

    Raises BadInput at the place where a record is cut off, too large, or the end tag of `root` is missing
    (`open_end` lets that one pass); every whole record before it has been yielded by then.
    """
    start = re.compile(rb"<(%s)(?=[\s>/])" % "|".join(tags).encode())
    text = _utf8(stream, name)
    buffer, seen_root, tail = b"", False, b""
    for block in text:
        buffer += block
        tail = (tail + block)[-256:]
        _refuse_entities(buffer, start, name)
        seen_root = seen_root or bool(root and re.search(rb"<%s[\s>]" % root.encode(), buffer[: 1 << 16]))
        at = 0
        while m := start.search(buffer, at):
            end = _end(buffer, m)
            if end < 0:
                break
            yield buffer[m.start() : end]
            at = end
        buffer = buffer[m.start() :] if m else buffer[max(at, len(buffer) - 256) :]
        if len(buffer) > LARGEST:
            raise BadInput(f"{name}: a record of more than {LARGEST >> 20} MiB; expected far smaller ones; not read on")
    if start.search(buffer):
        raise BadInput(f"{name}: the file ends in the middle of a record; it was cut off: get it again")
    if seen_root and not open_end and not re.search(rb"</%s\s*>\s*\Z" % str(root).encode(), tail):
        raise BadInput(f"{name}: the file ends without </{root}>; it was cut off: get it again")


def _end(buffer: bytes, m: re.Match[bytes]) -> int:
    """Where the record that opens at m ends, or -1 where that is not in the buffer yet."""
    close = b"</%s>" % m[1]
    at = buffer.find(close, m.end())
    if at >= 0:
        return at + len(close)
    empty = re.compile(rb"\s*/>").match(buffer, m.end())
    return empty.end() if empty else -1


def _refuse_entities(buffer: bytes, start: re.Pattern[bytes], name: str) -> None:
    at = buffer.find(b"<!ENTITY")
    if at >= 0 and not start.search(buffer, 0, at):
        raise BadInput(f"{name}: declares XML entities, which no source of records does; refused")


def _utf8(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """Blocks of a stream in UTF-8, whatever its byte order mark or XML declaration says it is in."""
    head = stream.read(4096)
    encoding = _encoding(head)
    if encoding == "utf-8":
        yield head.removeprefix(codecs.BOM_UTF8)
        yield from iter(lambda: stream.read(BLOCK), b"")
        return
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
        yield decoder.decode(head).encode("utf-8", "surrogatepass")
        for block in iter(lambda: stream.read(BLOCK), b""):
            yield decoder.decode(block).encode("utf-8", "surrogatepass")
    except (LookupError, UnicodeDecodeError) as e:
        raise BadInput(f"{name}: says it is in {printable(encoding)[:40]}, which it is not: {e}") from e


def _encoding(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    m = _ENCODING.match(head.removeprefix(codecs.BOM_UTF8))
    said = m[1].decode().lower() if m else "utf-8"
    return "utf-8" if said in ("utf-8", "utf8", "us-ascii", "ascii") else said


def tree(record: bytes, name: str) -> Element:
    """A record as a tree. Raises BadInput where it is not well-formed or absurdly large."""
    if record.count(b"<") > MOST:
        raise BadInput(f"{name}: a record with more than {MOST} tags; refused")
    parser = XMLParser()
    try:
        parser.feed(_OPEN)
        parser.feed(record)
        parser.feed(b"</r>")
        root: Element = parser.close()
    except (ParseError, ValueError) as e:
        raise BadInput(f"{name}: a record that is not well-formed XML ({e})") from e
    if len(root) != 1:
        raise BadInput(f"{name}: expected one record, found {len(root)}")
    return root[0]


def whole(data: bytes) -> BinaryIO:
    """Bytes in memory as a stream for `cut`."""
    return io.BytesIO(data)


def text(element: Element | None) -> str | None:
    """All text of an element and what stands in it, white space folded; None where there is none.

    Superscript digits and signs become the characters for them, so that 10<sup>7</sup> stays a power.

    >>> text(tree(b"<T>1 x 10<sup>7</sup> CD19<sup>+</sup> T<sub>reg</sub> cells<sup>a</sup></T>", ""))
    '1 x 10⁷ CD19⁺ Treg cellsa'
    """
    if element is None:
        return None
    words = "".join(_pieces(element)) if len(element) else element.text or ""
    return " ".join(words.split()) or None


def _pieces(element: Element) -> Iterator[str]:
    """The text of an element in order, without recursion: nesting may be as deep as it likes."""
    stack: list[tuple[Element | str, bool]] = [(element, False)]
    while stack:
        item, high = stack.pop()
        if isinstance(item, str):
            yield item.translate(_SUPER) if high else item
            continue
        inner = high or (item.tag == "sup" and _is_power(item))
        math = _MATH.get(item.tag.rpartition("}")[2]) if item.tag.startswith("{") else None
        for n, child in reversed(list(enumerate(item))):
            stack.append((child.tail or "", inner))
            stack.append((child, inner or (math == f"sup{n}" and _is_power(child))))
            if math == f"over{n}":
                stack.append(("/", inner))
        stack.append((item.text or "", inner))


_MATH = {"msup": "sup1", "msubsup": "sup2", "mfrac": "over1"}  # MathML: which child is raised, or stands below a bar


def _is_power(element: Element) -> bool:
    return is_power("".join(element.itertext()))


def is_power(words: str) -> bool:
    """Whether a raised piece holds a digit or is a sign; ordinal letters (18th), marks and symbols stay as they are."""
    return any(c.isascii() and c.isdigit() for c in words) or words.strip() in ("+", "-", "−", "–", "+/+", "+/-", "-/-")


def raised(words: str) -> str:
    """A raised piece of text as the characters for it.

    >>> raised("-3"), raised("th")
    ('⁻³', 'th')
    """
    return words.translate(_SUPER) if is_power(words) else words
