"""Divide the text of a mail into the sender's own words and the older mail that is quoted in it."""

import itertools
import re
from collections.abc import Iterator, Sequence

_WORD = re.compile(r"\w+")
_FEWEST_OWN_WORDS = 4  # "FYI" or "Please pay, thanks" above a mail says nothing of its own
_SIGNATURE_MARK = "--"  # above a signature (RFC 3676, section 4.3), whose words say nothing
# Lines that mail programs write above the mail that is answered: "On …, … wrote:", and above one
# that is forwarded.
_WROTE = (
    r".{0,200}"
    r"\b(?:wrote|schrieb|[ée]crit|escribi[óo]|ha scritto|escreveu|schreef|skrev|napsal|napisał)"
    r".{0,200}:\s*"
)
_ATTRIBUTION = re.compile(
    rf"(?:on|am|le|el|il|em|op|den|dne|w dniu)\b{_WROTE}",
    re.IGNORECASE,
)
_WRITER = re.compile(_WROTE, re.IGNORECASE)
_SEPARATOR = re.compile(
    r"\s*-{2,}\s*(?:original message|original appointment|urspr[üu]ngliche nachricht"
    r"|message d['\u2019]origine|mensaje original|messaggio originale|mensagem original"
    r"|oorspronkelijk bericht|oprindelig meddelelse|opprinnelig melding"
    r"|ursprungligt meddelande|p[ůu]vodn[íi] zpr[áa]va|wiadomość oryginalna)\s*-{2,}\s*",
    re.IGNORECASE,
)
# Above a mail that is forwarded, which is what the sender sends.
_FORWARDED = re.compile(
    r"\s*(?:-{2,}\s*(?:forwarded (?:message|by)|weitergeleitete nachricht|message transf[ée]r[ée]"
    r"|mensaje reenviado|messaggio inoltrato|mensagem encaminhada|doorgestuurd bericht)\b.*"
    r"|begin forwarded message:|anfang der weitergeleiteten (?:nachricht|e-mail):"
    r"|d[ée]but du message (?:r[ée]exp[ée]di[ée]|transf[ée]r[ée]) ?:)\s*",
    re.IGNORECASE,
)
_FORWARDING_SUBJECT = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|i|vl|vs|pd)\s*:", re.IGNORECASE)
_ANSWERING_SUBJECT = re.compile(r"\s*(?:re|aw|antw|sv|odp|ref?|res)(?:\[\d+\])?\s*:", re.IGNORECASE)
# Outlook repeats the head of the older mail: its sender, then date, receiver and subject.
_HEAD_STARTS = re.compile(r"\**(?:from|von|de|da|van|fra|från|od|expéditeur)\s?:\**\s*\S")
_HEAD_FIELDS = re.compile(
    r"\**(?:sent|date|to|subject|cc|gesendet|datum|an|betreff|envoyé|à|objet|enviado|fecha|para"
    r"|asunto|inviato|data|a|oggetto|verzonden|aan|onderwerp|sendt|dato|til|emne|skickat|till"
    r"|ämne|wysłano|do|temat|odesláno|komu|předmět|assunto)\s?:\**"
)
# In a language that is not listed: two words at most before a colon, the sender with an
# address in brackets, and a day with a time below it.
_ANY_FIELD = re.compile(r"\**[^\W\d_]+(?: [^\W\d_]+)? ?[:\uff1a]\**\s*\S")
_ADDRESS = re.compile(r"\S ?(?:<|\[mailto:)[^\s@<>]+@[\w-]+\.[\w.-]+[>\]]")
_DAY_WITH_TIME = re.compile(r"(?=.*\b(?:19|20)\d\d)(?=.*\b\d{1,2}[:.h]\d\d\b)")
_FEWEST_ANY_FIELDS = 3
_HEAD_LINES = 6
_FEWEST_HEAD_FIELDS = 2
_MARK = re.compile(r">|[A-Z]{2,3}>\s")  # with the initials of the writer in some programs
_BAR = re.compile(r"\|(?: [^|]*)?")  # of some programs; the lines of a table have more bars
_RULE = re.compile(r"\s*[_-]{8,}\s*")


def split_quoted(text: str, *, subject: str = "") -> tuple[str, str]:
    """Return the sender's own text and the older mail above, below or within it.

    Quoted lines begin with ">" (RFC 3676, section 4.5), or follow a line that says so. A mail of
    which hardly anything is the sender's own forwards what it quotes: that is its text. Words
    below a quotation, or under the subject of an answer, answer it, however few they are.
    """
    lines = text.split("\n")
    end, forwarded_at = _end_of_own(lines, forwards=_FORWARDING_SUBJECT.match(subject) is not None)
    own: list[str] = []
    quoted: list[str] = []
    words = 0  # of the sender, without a signature
    answers = _ANSWERING_SUBJECT.match(subject) is not None
    in_signature = False
    barred = frozenset(_barred(lines))
    for number, line in enumerate(lines[:end]):
        is_quoted = (
            number in barred
            or _MARK.match(line) is not None
            or _introduces_marked_lines(lines, number)
        )
        if is_quoted and number < forwarded_at:
            quoted.append(line)
            in_signature = False
            continue
        own.append(line)
        in_signature = in_signature or line.rstrip() == _SIGNATURE_MARK
        if not in_signature:
            line_words = len(_WORD.findall(line))
            words += line_words
            answers = answers or (bool(quoted) and line_words > 0)
    if words < (1 if answers else _FEWEST_OWN_WORDS):
        return text, ""
    return "\n".join(own), "\n".join(quoted + lines[end:])


def _barred(lines: Sequence[str]) -> Iterator[int]:
    """Yield the numbers of the lines behind a bar right below a line that says who wrote them."""
    is_below = False
    for number, line in enumerate(lines):
        if is_below and _BAR.fullmatch(line):
            yield number
        elif line.strip():
            is_below = _WRITER.fullmatch(line.strip()) is not None


def _introduces_marked_lines(lines: Sequence[str], number: int) -> bool:
    """Return whether a line is an attribution, or half of one, right above marked lines."""
    if _is_whole_attribution(lines[number]):
        last = number
    elif _is_broken_attribution(lines, number):
        last = number + 1
    elif number > 0 and _is_broken_attribution(lines, number - 1):
        last = number
    else:
        return False
    return next(filter(str.strip, lines[last + 1 :]), "").startswith((">", "| "))


def _end_of_own(lines: Sequence[str], *, forwards: bool) -> tuple[int, int]:
    """Return the numbers of lines before an older mail without marks, and before a forwarded one.

    Both are the number of all lines if there is none.
    """
    for number, line in enumerate(lines):
        if _FORWARDED.fullmatch(line):
            return len(lines), number
        if forwards or not _starts_older_mail(lines, number):
            continue
        if _RULE.fullmatch(lines[number - 1]) and number > 0:
            return number - 1, len(lines)
        return number, len(lines)
    return len(lines), len(lines)


def _starts_older_mail(lines: Sequence[str], number: int) -> bool:
    line = lines[number].strip()
    if _SEPARATOR.fullmatch(line):
        return True
    if _is_whole_attribution(lines[number]) or _is_broken_attribution(lines, number):
        # If marked lines follow an attribution, the marks say what is quoted.
        return not _introduces_marked_lines(lines, number)
    if not _HEAD_STARTS.match(line.lower()):
        return _is_head_of_any_language(lines, number)
    fields = [
        _HEAD_FIELDS.match(other.strip().lower())
        for other in lines[number + 1 : number + _HEAD_LINES]
    ]
    return len({field[0].strip("* ") for field in fields if field}) >= _FEWEST_HEAD_FIELDS


def _is_head_of_any_language(lines: Sequence[str], number: int) -> bool:
    """Return whether a head begins here by its form alone, below an empty line or a rule."""
    if number == 0 or (lines[number - 1].strip() and not _RULE.fullmatch(lines[number - 1])):
        return False
    if not _ADDRESS.search(lines[number]):
        return False
    head = [*itertools.takewhile(str.strip, lines[number : number + _HEAD_LINES])]
    return (
        len(head) >= _FEWEST_ANY_FIELDS
        and all(_ANY_FIELD.match(line.strip()) for line in head)
        and any(_DAY_WITH_TIME.match(line) for line in head[1:])
    )


def _is_whole_attribution(line: str) -> bool:
    return _ATTRIBUTION.fullmatch(line.strip()) is not None


def _is_broken_attribution(lines: Sequence[str], number: int) -> bool:
    """Return whether an attribution begins here and ends on the next line: it is broken once."""
    line = lines[number].strip()
    following = lines[number + 1].strip() if number + 1 < len(lines) else ""
    if not line or line.endswith(":") or _is_whole_attribution(following):
        return False
    return _ATTRIBUTION.fullmatch(f"{line} {following}") is not None
