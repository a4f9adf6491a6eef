"""A PDF of lines at places, with Chinese, written by hand for the tests; no font is embedded."""

from __future__ import annotations


def pdf(pages: list[list[tuple[float, float, str]]]) -> bytes:
    """Pages of (x, y, words); y counts from the bottom of an A4 page."""
    objects: list[bytes] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"",
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H /DescendantFonts [4 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1)"
        b" /Supplement 4 >> /FontDescriptor 5 0 R >>",
        b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0"
        b" /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
    ]
    kids = []
    for page in pages:
        words = "\n".join(
            f"BT /F1 9 Tf 1 0 0 1 {x:g} {y:g} Tm <{w.encode('utf-16-be').hex()}> Tj ET" for x, y, w in page
        )
        stream = words.encode()
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >>"
            b" /Contents %d 0 R >>" % len(objects)
        )
        kids.append(len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(b"%d 0 R" % k for k in kids))
    out = b"%PDF-1.5\n"
    places = []
    for n, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (n, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % p for p in places)
    return out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)


def two_columns(lines: list[str], head: str, rows: int = 24) -> bytes:
    """Lines set in two columns of `rows` lines each, a running head with its number on every page after the first."""
    pages: list[list[tuple[float, float, str]]] = []
    for n, first in enumerate(range(0, len(lines), 2 * rows)):
        page = [(40.0, 810.0, f"{head} {80 + n}")] if n else []
        for i, words in enumerate(lines[first : first + 2 * rows]):
            column, row = divmod(i, rows)
            page.append((40.0 + 270 * column, 780.0 - 28 * row, words))
        pages.append(page)
    return pdf(pages)
