"""Choose the single-byte encoding of a text by which languages its letters would form.

Every byte means something in each of these encodings, so decoding alone proves nothing. In the
right one the letters beyond ASCII belong to one alphabet, the frequent letters occur often, no
capital follows a small letter, and no sign is inside a word.
"""

import re
import unicodedata

# Letters beyond ASCII of a language in small letters: the frequent ones before the first bar, the
# rare ones behind the second.
_WESTERN = (
    "äöü|ß",  # German
    "éèà|êâçëîïôùûüÿœæ",  # French
    "óíá|éñúü",  # Spanish
    "ãçá|õéíóúâêôàü",  # Portuguese
    "àèù|éìò",  # Italian
    "øåæ|éèêóòâôü",  # Danish and Norwegian
    "äåö|éü",  # Swedish and Finnish
    "áðí|éóúýþæö",  # Icelandic
    "ëïé|èöüáóê",  # Dutch
)
_CENTRAL = (
    "łąę|óżśćńź",  # Polish
    "íáéě|čřšžýůúóťďň",  # Czech
    "áíéč|ľšžťýúňôďäĺŕó",  # Slovak
    "áéöó|őüíűú",  # Hungarian
    "čšž|ćđ",  # Slovene and Croatian
    "ăîâ|şţșț",  # Romanian
)
_CYRILLIC = (
    "оеаинтсрвлк|мдпуяыьгзбчйхжшюцщэфъё",  # Russian and Bulgarian
    "оаинівтерсл|кумдпязьгйбчхцїжєшющфґ",  # Ukrainian
    "аиоенрстјв|дкмулпбгзшчжљњцћхђфџ",  # Serbian
)
_GREEK = ("αοιετσνηςρ|πκμλγδύόάθωέφχβίήώξζψϊϋΐΰυ",)
_HEBREW = ("יוהלאתרבמשנ|דקעחפגטכזסצםןךףץ",)
_ARABIC = ("اليمنوترب|هعدفسكحقجةصشءىضخذطزغثظأإئآؤ",)
_BALTIC = ("ėšž|ąčęįųū", "āīē|šņļģķžčū", "äõü|öšž")
_TURKISH = "ıüş|öçğâîû"
_THAI = ("".join(map(chr, range(0xE01, 0xE2F))) + "|" + "".join(map(chr, range(0xE2F, 0xE5C))),)

# Encodings and the languages written in them, those in use most first. The number is what an
# encoding must be better by than the first: files of DOS and of old Macs are rare today.
_CANDIDATES: tuple[tuple[str, tuple[str, ...], float], ...] = (
    ("cp1252", _WESTERN, 0.0),
    ("cp1250", _CENTRAL, 0.2),
    ("cp1251", _CYRILLIC, 0.2),
    ("cp1253", _GREEK, 0.2),
    ("cp1254", (_TURKISH,), 0.2),
    ("cp1257", _BALTIC, 0.2),
    ("cp1255", _HEBREW, 0.2),
    ("cp1256", _ARABIC, 0.2),
    ("cp874", _THAI, 0.2),
    ("koi8_u", _CYRILLIC, 0.4),
    ("iso8859_2", _CENTRAL, 0.6),
    ("iso8859_5", _CYRILLIC, 0.6),
    ("iso8859_6", _ARABIC, 0.6),
    ("iso8859_7", _GREEK, 0.6),
    ("iso8859_15", _WESTERN, 0.6),
    ("cp850", _WESTERN, 0.8),
    ("cp852", _CENTRAL, 0.8),
    ("cp775", _BALTIC, 0.8),
    ("cp857", (_TURKISH,), 0.8),
    ("cp866", _CYRILLIC, 0.8),
    ("cp737", _GREEK, 0.8),
    ("cp862", _HEBREW, 0.8),
    ("mac_roman", _WESTERN, 0.8),
    ("mac_latin2", _CENTRAL, 1.0),
    ("mac_cyrillic", _CYRILLIC, 1.0),
    ("mac_greek", _GREEK, 1.0),
    ("mac_turkish", (_TURKISH,), 1.0),
)
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_LAST_ASCII = 0x7F
_PROOF = 1.0  # only old Macs end lines with a carriage return alone
_MOST_LETTERS = 2000  # more say nothing new
_LETTER, _FREQUENT, _RARE, _SIGN = 1.0, 1.3, 0.4, 0.4
_STRANGER, _MISPLACED, _IMPOSSIBLE = -1.0, -2.0, -3.0
# Forms of letters that only end a word; letters that do not begin one, or do not end one; a letter
# that no consonant precedes.
_FINAL, _NEVER_FIRST, _NEVER_LAST = frozenset("םןךףץς"), frozenset("ъыь"), frozenset("ъ")
_AFTER_VOWEL, _CONSONANTS = "й", frozenset("бвгджзклмнпрстфхцчшщ")
# Signs that may be between two letters: the apostrophe, the middle dot, ordinals, the soft hyphen.
_IN_WORDS = "\u2019\u00b7\u00ba\u00aa\u00ad"
# Signs of business texts: currencies, quotes, dashes, the number sign, fractions, spaces.
_SIGNS = (
    "\u20ac\u20aa\u00a3\u00a5\u00a7\u00b0\u00ab\u00bb\u201e\u201c\u201d\u201a\u2018"
    "\u2019\u2013\u2014\u2026\u00b7\u2022\u2116\u00b2\u00b3\u00bd\u00bc\u00be"
    "\u00b1\u00d7\u00a9\u00ae\u2122\u00bf\u00a1\u00ba\u00aa\u00b5\u00a0\u00ad"
    "\u00a2\u00a6\u00ac\u00b4\u2030\u2020\u02c7\u02dd"
)
_FRAMES = ("\u2500", "\u259f")  # the lines and blocks that programs for DOS drew tables with


def best_single_byte(data: bytes) -> tuple[str, float]:
    """Return the encoding in which a text reads best, and how well for each of its characters.

    Where nothing shows which, it is the Western one. From 1.0 on, there is nothing wrong with it.
    """
    are_lines_of_mac = b"\r" in data and b"\n" not in data
    scores: dict[str, float] = {}
    for name, languages, handicap in _CANDIDATES:
        is_proven = are_lines_of_mac and name.startswith("mac")
        scores[name] = _score(data, name, languages) + (_PROOF if is_proven else -handicap)
    # `max` keeps the first of those that are as good: the one in use most.
    best = max(scores, key=lambda name: scores[name])
    n_beyond_ascii = sum(byte > _LAST_ASCII for byte in data)
    return best, scores[best] / max(n_beyond_ascii, 1)


def _score(data: bytes, encoding: str, languages: tuple[str, ...]) -> float:
    """Rate a text in an encoding by the language that suits it best."""
    text = data.decode(encoding, errors="replace")
    places = [
        found.start()
        for found, _ in zip(_BEYOND_ASCII.finditer(text), range(_MOST_LETTERS), strict=False)
    ]
    signs = 0.0
    letters: list[str] = []
    for place in places:
        before, char, after = text[place - 1 : place], text[place], text[place + 1 : place + 2]
        if before == char == after and char.isalpha():
            signs += _IMPOSSIBLE  # a line that was drawn, more likely than a word
        elif _is_letter(char):
            letters.append(char)
            signs += _faults_of_letter(before, char, after)
        else:
            signs += _rate_sign(before, char, after)
    return signs + max(_rate_letters(letters, language) for language in languages)


def _rate_letters(letters: list[str], language: str) -> float:
    small = "".join(letters).lower()
    rating, known = 0.0, 0
    for group, rate in zip(language.split("|"), (_FREQUENT, _LETTER, _RARE), strict=False):
        count = sum(map(small.count, group))
        rating, known = rating + rate * count, known + count
    return rating + _STRANGER * (len(letters) - known)


def _faults_of_letter(before: str, char: str, after: str) -> float:
    """Rate what is beside a letter: case and script do not change inside a word."""
    faults = 0.0
    if char.isupper() and before.islower():
        faults += _MISPLACED
    if char.islower() and before.isupper() and after.isupper():
        faults += _MISPLACED
    faults += _faults_of_spelling(before, char, after)
    is_latin = unicodedata.name(char, "").startswith("LATIN")
    for neighbor in filter(str.isalpha, (before, after)):
        if unicodedata.name(neighbor, "").startswith("LATIN") != is_latin:
            faults += _MISPLACED
    if (before + after).strip().isdigit():
        faults += _MISPLACED
    elif not char.islower() and not (_is_letter(before) or _is_letter(after)):
        faults += _STRANGER  # a currency sign, more likely than a word of one capital letter
    return faults


def _is_letter(char: str) -> bool:
    """Say whether a character is a letter, or a vowel or tone above or below one."""
    return char.isalpha() or (char != "" and unicodedata.category(char) == "Mn")


def _faults_of_spelling(before: str, char: str, after: str) -> float:
    """Rate the place of a letter in its word by the spelling of Hebrew, Greek and Cyrillic."""
    faults = 0.0
    if char in (_FINAL if after.isalpha() else _NEVER_LAST):
        faults += _MISPLACED
    if char in _NEVER_FIRST and not before.isalpha():
        faults += _MISPLACED
    if char == _AFTER_VOWEL and before in _CONSONANTS:
        faults += _MISPLACED
    return faults


def _rate_sign(before: str, char: str, after: str) -> float:
    if _FRAMES[0] <= char <= _FRAMES[1]:
        return _SIGN if not (before + after).strip().isalpha() else _MISPLACED
    if char not in _SIGNS:
        return _IMPOSSIBLE
    if before.isalpha() and after.isalpha() and char not in _IN_WORDS:
        return _MISPLACED
    return _SIGN
