"""Name the encoding that a label of a mail or a page means.

The list is that of the WHATWG Encoding Standard, section 4.2. Python knows most labels, but takes
some of them literally: "iso-8859-1" is written by programs that mean Windows-1252, and "gb2312" by
those that mean GBK.
"""

import codecs

# Labels that mean another encoding than their own name says, and labels that Python does not know.
_MEANT = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "windows-874": "cp874",
    "dos-874": "cp874",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-6-i": "iso8859-6",
    "iso-8859-6-e": "iso8859-6",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601-1989": "cp949",
    "windows-949": "cp949",
    "x-euc-jp": "euc_jp",
    "x-gbk": "gb18030",
    "x-x-big5": "big5hkscs",
    "cn-big5": "big5hkscs",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-ukrainian": "mac_cyrillic",
    "x-cp1250": "cp1250",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "unicode-1-1-utf-8": "utf-8",
    "x-unicode20utf8": "utf-8",
    "unicode": "utf-16",
    "iso-10646-ucs-2": "utf-16-le",
}
_NO_CHARSETS = frozenset(
    {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "mbcs", "oem"}
)
_LONGEST_LABEL = 40  # the labels of the Encoding Standard are shorter


def encoding_for(label: str) -> str | None:
    """Return Python's name of the encoding that a label means; None for one that nobody knows."""
    written = label.strip().strip("\"'").lower()[:_LONGEST_LABEL]
    if written in _MEANT:
        return _MEANT[written]
    try:
        # Codecs that turn bytes into bytes, such as "zip", and "undefined" refuse this.
        b"".decode(written)
        name = codecs.lookup(written).name
    except (LookupError, ValueError):
        return None
    return None if name in _NO_CHARSETS else _MEANT.get(name, name)
