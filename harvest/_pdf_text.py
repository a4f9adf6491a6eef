"""Words of a PDF, run as a process of its own: PDF on standard input, its text on standard output, a form feed a page.

Limits on time and memory are set before anything is read, so that a file that loops or allocates harms nobody else.
"""

from __future__ import annotations

import sys

SECONDS = 60
MEMORY = 1_500 * 1024 * 1024
CHARACTERS = 20_000_000
PAGES = 2_000


def main() -> int:
    """0: text written; 3: no PDF that can be read (the reason on standard error)."""
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import io
    import logging

    logging.disable(logging.CRITICAL)
    try:
        from pypdf import PdfReader

        reader = PdfReader(io.BytesIO(sys.stdin.buffer.read()), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise ValueError("it is encrypted")
        if len(reader.pages) > PAGES:
            raise ValueError(f"it has more than {PAGES:,} pages")
        written = 0
        for n, page in enumerate(reader.pages):
            text = page.extract_text()
            written += len(text)
            if written > CHARACTERS:
                raise ValueError(f"it has more than {CHARACTERS:,} characters")
            sys.stdout.buffer.write((("\f" if n else "") + text).encode("utf-8", "replace"))
    except MemoryError:
        print(f"it needs more than {MEMORY >> 20:,} MiB", file=sys.stderr)
        return 3
    except RecursionError:
        print("it is nested without end", file=sys.stderr)
        return 3
    except Exception as e:  # noqa: BLE001 (a broken PDF raises whatever its objects made of it)
        print(" ".join(f"{type(e).__name__}: {e}".split())[:200], file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
