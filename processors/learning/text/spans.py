"""Find the pieces of text that can be a value: parts of lines, joined lines, names in sentences.

A value begins and ends where something changes: at the edges of a line or a cell, at a colon,
comma or parenthesis, between letters and digits. That is so in any language.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from processors.learning.text.document import Document, Token
from processors.learning.text.shape import Shape

_MOST_BREAKS = 12
_MOST_PARTS = 40
"""Parts of one line."""
_FEW_WORDS = 3
"""Columns with no more words a value are looked for between any two words."""
_MOST_LINE_WORDS = 40
_LONG_LINE_WORDS = 8
"""A line of more words may be a part of a sentence, with names in it."""
_MOST_NAME_WORDS = 12
_MOST_CONNECTOR = 3
"""Letters of a small word inside a name, such as "of" and "van"."""
_RUN_STARTS = 120
"""Lines at which a value over several lines may begin."""
_SKIP_LINES = 4
"""Values over as many lines may have a line in between that does not belong to them."""


class Spot(NamedTuple):
    """A piece of text: from a character of one line to a character of the same or a later line.

    The line `left_out` between them does not belong to it; -1 for none.
    """

    first: int
    start: int
    last: int
    end: int
    left_out: int = -1


def text_of(document: Document, spot: Spot, joiner: str = " ") -> str:
    """Return the text at a spot."""
    if spot.first == spot.last:
        return document.lines[spot.first].text[spot.start : spot.end].strip()
    pieces = [document.lines[spot.first].text[spot.start :]]
    pieces += [
        document.lines[index].text
        for index in range(spot.first + 1, spot.last)
        if index != spot.left_out
    ]
    pieces.append(document.lines[spot.last].text[: spot.end])
    text = pieces[0].strip()
    for piece in pieces[1:]:
        text += " " if text.endswith((",", ".", "-", ";", ":")) else joiner
        text += piece.strip()
    return text


def parts_of_line(document: Document, index: int, shape: Shape) -> Iterator[Spot]:
    """Yield the whole line and the parts of it that can be a value."""
    line, tokens = document.lines[index], document.tokens[index]
    if not tokens:
        return
    whole = Spot(index, 0, index, len(line.text))
    yield whole
    if len(tokens) > _MOST_LINE_WORDS:
        tokens = tokens[:_MOST_LINE_WORDS]
    every = shape.most_words <= _FEW_WORDS
    starts, ends = _breaks(line.text, tokens, line.gaps, every=every)
    count = 0
    for start in starts:
        for end in ends:
            is_whole = start == 0 and end == len(tokens)
            if start >= end or is_whole:
                continue
            # Later ends make only longer parts.
            if end - start > shape.most_words or count >= _MOST_PARTS:
                break
            count += 1
            yield Spot(index, tokens[start].start, index, _end_of(line.text, tokens[end - 1]))


def _end_of(text: str, token: Token) -> int:
    """Return where a word ends, with the point or parenthesis that belongs to it."""
    end = token.end
    return end + 1 if text[end : end + 1] in {".", ")"} else end


def _breaks(
    text: str, tokens: Sequence[Token], gaps: Sequence[int], *, every: bool
) -> tuple[list[int], list[int]]:
    """Return at which words a part may begin, and before which it may end."""
    if every:
        return list(range(len(tokens))), list(range(1, len(tokens) + 1))
    starts, ends = [0], []
    for number in range(1, len(tokens)):
        before, token = tokens[number - 1], tokens[number]
        between = text[before.end : token.start]
        has_sign = " - " in between or any(sign in between for sign in ":,;()|#*=")
        is_new_cell = any(before.end <= gap <= token.start for gap in gaps)
        # A code such as "SHP-204" has letters, too.
        is_digits_beside_letters = _has_digit(before) != _has_digit(token)
        if has_sign or is_new_cell or is_digits_beside_letters:
            starts.append(number)
            ends.append(number)
    ends.append(len(tokens))
    # Labels come first and values last, so of many breaks those are kept.
    return starts[:_MOST_BREAKS], ends[-_MOST_BREAKS:]


def _has_digit(token: Token) -> bool:
    return any(map(str.isdigit, token.word))


def joined_lines(document: Document, shape: Shape) -> Iterator[Spot]:
    """Yield lines that follow each other and together may be a value."""
    if shape.lines == 1:
        return
    for first in range(min(len(document.lines), _RUN_STARTS)):
        length = len(document.compacts[first])
        for last in range(first + 1, min(first + shape.lines + 1, len(document.lines))):
            other_page = document.lines[last].page != document.lines[first].page
            if other_page or length > shape.most_chars:
                break
            length += len(document.compacts[last])
            for start in _starts_after_label(document, first):
                yield from _runs_between(document, shape, Spot(first, start, last, 0))


def _runs_between(document: Document, shape: Shape, run: Spot) -> Iterator[Spot]:
    """Yield the runs from a start to a last line, also with one line left out."""
    if run.last - run.first < shape.lines:
        for end in _last_ends(document, run.last):
            yield run._replace(end=end)
    if shape.lines >= _SKIP_LINES:
        end = len(document.lines[run.last].text)
        for left_out in range(run.first + 1, run.last):
            yield run._replace(end=end, left_out=left_out)


def _starts_after_label(document: Document, index: int) -> list[int]:
    """Return where a text of several lines may begin: at the line, and after its label."""
    line = document.lines[index]
    colon = line.text.find(":", 0, 40)
    after = [] if colon < 0 or colon + 2 >= len(line.text) else [colon + 1]
    return [0, *after]


def _last_ends(document: Document, index: int) -> list[int]:
    """Return where a text may end on its last line: at its end, or where a part begins."""
    line, tokens = document.lines[index], document.tokens[index]
    if len(tokens) > _MOST_LINE_WORDS:
        return [len(line.text)]
    _, ends = _breaks(line.text, tokens, line.gaps, every=False)
    cut = [_end_of(line.text, tokens[end - 1]) for end in ends[-4:-1] if end]
    return [len(line.text), *cut]


def names_in_sentences(document: Document) -> Iterator[Spot]:
    """Yield the runs of words with capitals in long lines, also over the end of a line."""
    for index in range(len(document.lines)):
        before = document.tokens[index - 1] if index else ()
        # The last line of a sentence may be short.
        if max(len(document.tokens[index]), len(before)) >= _LONG_LINE_WORDS:
            yield from _runs_of(document, index)


def _runs_of(document: Document, index: int) -> Iterator[Spot]:
    """Yield the names that begin on a line."""
    stream = [(index, token) for token in document.tokens[index]]
    own = len(stream)
    if index + 1 < len(document.lines):
        stream += [(index + 1, token) for token in document.tokens[index + 1][:_MOST_NAME_WORDS]]
    at = 0
    while at < own:
        if not _is_capital(document, stream[at]):
            at += 1
            continue
        end = _end_of_run(document, stream, at)
        inside = (n for n in range(at + 1, end) if _is_boundary(document, stream, n))
        yield from _between(document, stream, [at, *inside, end], own)
        at = end


def _end_of_run(document: Document, stream: Sequence[tuple[int, Token]], at: int) -> int:
    """Return before which word a run of capitals ends that begins at one."""
    end = at + 1
    for number in range(at + 1, min(len(stream), at + 2 * _MOST_NAME_WORDS)):
        if _is_capital(document, stream[number]):
            end = number + 1
        elif not _joins(document, stream, number):
            break
    return end


def _between(
    document: Document, stream: Sequence[tuple[int, Token]], boundaries: Sequence[int], own: int
) -> Iterator[Spot]:
    """Yield what is between any two boundaries of a run."""
    for number, start in enumerate(boundaries[:8]):
        for end in boundaries[number + 1 : number + 6]:
            # A name begins and ends with a capital, even if small words are between two names.
            capitals = [at for at in range(start, end) if _is_capital(document, stream[at])]
            if not capitals or capitals[0] >= own or end - start > _MOST_NAME_WORDS:
                continue
            (first, head), (last, tail) = stream[capitals[0]], stream[capitals[-1]]
            yield Spot(first, head.start, last, _end_of(document.lines[last].text, tail))


def _is_capital(document: Document, placed: tuple[int, Token]) -> bool:
    index, token = placed
    char = document.lines[index].text[token.start : token.start + 1]
    # Scripts without capitals, such as Arabic and Chinese, have letters that are neither.
    return char.isupper() or char.isdigit() or (char.isalpha() and not char.islower())


def _joins(document: Document, stream: Sequence[tuple[int, Token]], at: int) -> bool:
    """Return whether a small word is inside a name: the next one has a capital."""
    word = stream[at][1].word
    following = at + 1 < len(stream) and _is_capital(document, stream[at + 1])
    return (len(word) <= _MOST_CONNECTOR or word == "&") and following


def _is_boundary(document: Document, stream: Sequence[tuple[int, Token]], at: int) -> bool:
    """Return whether a name may end before a word: at a sign, a small word, or digits."""
    (line, before), (own_line, token) = stream[at - 1], stream[at]
    end = token.start if line == own_line else None
    between = document.lines[line].text[before.end : end]
    is_small = not _is_capital(document, stream[at]) or not _is_capital(document, stream[at - 1])
    digits = token.word.isdigit() != before.word.isdigit()
    return is_small or digits or any(sign in between for sign in ",;:()\"'\u201c\u201d.")
