"""Records of a CSV file in which quotes may be missing or one too many.

By the letter of the format a quote that nobody closes swallows all rows up to the next one. So a record over several
lines is believed only if its quotes close where a cell ends, it has as many cells as the header, and no line in it
looks like a row of its own; else its first line is the whole record and the quote an ordinary character.
"""

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator

from datasets.folders import PHOTO_SUFFIXES

MAX_COLUMNS = 1000
MAX_CELL_LINES = 200  # that a cell may span; Instagram's captions have 2,200 characters
MAX_CELL = 50_000  # characters of a record over several lines
MAX_LINE = 1_000_000  # characters of a line whose quotes are looked at
MAX_WASTE = 20_000_000  # characters looked at in vain, in all; then each line is a record
STRAY = "stray quote"
BROKEN = "broken row"
BLANKS = " \t"
DIGITS = re.compile(r"\d+")
LETTERS = re.compile(r"[^\W\d_]+")

Cells = list[str]


class Records:
    """Records of the lines of a file, one by one.

    ``width`` is the number of cells that every record must have, ``None`` while it is not known. Records that have
    another number, and quotes that were found astray, are counted in ``problems``.
    """

    def __init__(self, lines: Iterable[str], delimiter: str, problems: Counter[str]) -> None:
        self.width: int | None = None
        self.taken = 0  # lines that the records so far were made of
        self._lines = iter(lines)
        self._ahead: deque[str] = deque()
        self._delimiter = delimiter
        self._problems = problems
        self._wasted = 0

    def __iter__(self) -> Iterator[Cells]:
        while (record := self.read()) is not None:
            if self.width is None or len(record) == self.width:
                yield record
            else:
                self._problems[BROKEN] += 1

    def read(self) -> Cells | None:
        """The next record that is not blank, whatever its width; ``None`` at the end."""
        while (line := self._line()) is not None:
            if not line.strip(BLANKS):
                continue
            if line.count(self._delimiter) > MAX_COLUMNS:
                return [""] * (MAX_COLUMNS + 2)
            quoted = '"' in line and len(line) <= MAX_LINE
            cells = self._quoted(line) if quoted else line.split(self._delimiter)
            return self._trimmed(cells)
        return None

    def _trimmed(self, cells: Cells) -> Cells:
        """Cells without the empty ones beyond the last column: the spreadsheet was wider than its header."""
        while self.width is not None and len(cells) > self.width and not cells[-1].strip():
            cells.pop()
        return cells

    def _line(self) -> str | None:
        line = self._ahead.popleft() if self._ahead else next(self._lines, None)
        self.taken += line is not None
        return line

    def _quoted(self, line: str) -> Cells:
        """The record that begins with a line in which there are quotes."""
        scan = Scan(line, self._delimiter)
        more: list[str] = []
        while scan.open and not self._too_long(scan, more):
            following = self._line()
            if following is None:
                break
            more.append(following)
            scan.add(following)
        cells = None if scan.cells is None else self._trimmed(scan.cells)
        if cells and not more:
            return cells
        if cells and self.width in (None, len(cells)) and not self._swallowed(cells, [line, *more]):
            return cells
        self._wasted += sum(map(len, more))
        self._ahead.extendleft(reversed(more))
        self.taken -= len(more)
        self._problems[STRAY] += 1
        return self._alone(line)

    def _too_long(self, scan: "Scan", more: list[str]) -> bool:
        return len(more) >= MAX_CELL_LINES or len(scan.text) > MAX_CELL or self._wasted > MAX_WASTE

    def _swallowed(self, record: Cells, lines: list[str]) -> bool:
        """Whether rows lie in a record: lines that begin or end as it does, with a photo's name or the next number."""
        first, last = record[0].strip(), record[-1].strip()
        number = int(first) if first.isdecimal() and len(first) < 19 else None
        for at, line in enumerate(lines):
            cells = [cell.strip().strip('"') for cell in line.split(self._delimiter)]
            if len(cells) < len(record) or len(record) < 2:
                continue
            if at and (_alike(cells[0], first) or (number is not None and cells[0] == str(number + 1))):
                return True
            if at < len(lines) - 1 and _alike(cells[-1], last):
                return True
        return False

    def _alone(self, line: str) -> Cells:
        """The cells of one line whose quotes do not close."""
        cells: Cells = []
        at = 0
        while True:
            closed = _closing(line, at, self._delimiter)
            rest = closed is None and self.width is not None and len(cells) == self.width - 1
            end = len(line) if rest else line.find(self._delimiter, at if closed is None else closed[1])
            end = len(line) if end < 0 else end
            cells.append(closed[0] if closed is not None else _without_stray(line[at:end]))
            if end == len(line):
                return cells
            at = end + 1


class Scan:
    """Cells of a text that grows line by line: ``cells`` once all is read, ``open`` while a quote is to be closed."""

    def __init__(self, text: str, delimiter: str) -> None:
        self.text = text
        self.cells: Cells | None = None
        self.open = False
        self._delimiter = delimiter
        self._done: Cells = []
        self._at = 0  # where the cell begins that is looked at
        self._from = 0  # where to look on for the quote that closes it; 0 at its beginning
        self._scan()

    def add(self, line: str) -> None:
        """Go on with another line."""
        self.text += "\n" + line
        self._scan()

    def _scan(self) -> None:
        self.open = False
        text, delimiter = self.text, self._delimiter
        while True:
            start = _after_blanks(text, self._at, delimiter)
            if text[start : start + 1] != '"':
                end = text.find(delimiter, self._at)
                cell = text[self._at : end if end >= 0 else len(text)]
            else:
                closing = _close(text, max(self._from, start + 1), delimiter)
                if closing < 0:
                    self.open = closing == UNCLOSED
                    self._from = len(text)
                    return
                cell = _unescaped(text[start + 1 : closing])
                end = _after_blanks(text, closing + 1, delimiter)
                end = end if end < len(text) else -1
            self._done.append(cell)
            if end < 0:
                self.cells = self._done
                return
            self._at, self._from = end + 1, 0


UNCLOSED, ASTRAY = -1, -2


def _close(text: str, at: int, delimiter: str) -> int:
    """Where the quote is that closes a cell, looked for from ``at``; UNCLOSED, or ASTRAY when text follows it."""
    while (at := text.find('"', at)) >= 0:
        if text[at + 1 : at + 2] == '"':
            at += 2
            continue
        end = _after_blanks(text, at + 1, delimiter)
        if end == len(text) or text[end] == delimiter:
            return at
        if text[at - 1] != "\\":
            return ASTRAY
        at += 1
    return UNCLOSED


def _closing(line: str, at: int, delimiter: str) -> tuple[str, int] | None:
    """A quoted cell of one line and where it ends; ``None`` for one without quotes or whose quotes do not close."""
    start = _after_blanks(line, at, delimiter)
    closing = _close(line, start + 1, delimiter) if line[start : start + 1] == '"' else UNCLOSED
    return None if closing < 0 else (_unescaped(line[start + 1 : closing]), closing + 1)


def _after_blanks(text: str, at: int, delimiter: str) -> int:
    while at < len(text) and text[at] in BLANKS and text[at] != delimiter:
        at += 1
    return at


def _unescaped(cell: str) -> str:
    return '"'.join(part.replace('\\"', '"') for part in cell.split('""'))


def _without_stray(cell: str) -> str:
    """A cell without the quote that opens it and that nothing closes."""
    return cell.lstrip(BLANKS)[1:] if cell.lstrip(BLANKS).startswith('"') and cell.count('"') % 2 else cell


def _alike(cell: str, other: str) -> bool:
    """Whether two cells are names of photos built alike: ``1.jpg`` and ``22.jpg``."""
    if not any(cell.lower().endswith(suffix) for suffix in PHOTO_SUFFIXES):
        return False
    return _shape(cell) == _shape(other)


def _shape(cell: str) -> str:
    return LETTERS.sub("a", DIGITS.sub("9", cell[-100:]))
