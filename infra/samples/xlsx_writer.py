"""A small XLSX writer: one sheet of texts and numbers, and nothing else."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

# Namespaces of Office Open XML (ECMA-376).
_SCHEMAS = "http://schemas.openxmlformats.org"
_MAIN = f"{_SCHEMAS}/spreadsheetml/2006/main"
_RELATIONSHIPS = f"{_SCHEMAS}/package/2006/relationships"
_OFFICE = f"{_SCHEMAS}/officeDocument/2006/relationships"
_TYPES = f"{_SCHEMAS}/package/2006/content-types"
_PACKAGE = "application/vnd.openxmlformats-"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

# The parts that are the same for every workbook with one sheet.
_CONTENT_TYPES = (
    f'{_XML}<Types xmlns="{_TYPES}">'
    f'<Default Extension="rels" ContentType="{_PACKAGE}package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    f'ContentType="{_PACKAGE}officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    f'ContentType="{_PACKAGE}officedocument.spreadsheetml.worksheet+xml"/></Types>'
)


def write_xlsx(rows: Sequence[Sequence[str | Decimal]], *, sheet: str, date: datetime) -> bytes:
    """Return a workbook whose only sheet has these rows."""
    lines: list[str] = []
    for number, row in enumerate(rows, start=1):
        cells = ""
        for column, value in enumerate(row):
            # Columns are letters: A is the first.
            place = f"{chr(ord('A') + column)}{number}"
            if isinstance(value, Decimal):
                cells += f'<c r="{place}"><v>{value}</v></c>'
            else:
                text = escape(value)
                cells += f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'
        lines.append(f'<row r="{number}">{cells}</row>')

    workbook = (
        f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        f'<sheet name="{sheet}" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    data = f"<sheetData>{''.join(lines)}</sheetData>"
    parts = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": _relationship("officeDocument", target="xl/workbook.xml"),
        "xl/workbook.xml": workbook,
        "xl/_rels/workbook.xml.rels": _relationship("worksheet", target="worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": f'{_XML}<worksheet xmlns="{_MAIN}">{data}</worksheet>',
    }
    return write_zip({name: text.encode() for name, text in parts.items()}, date=date)


def _relationship(kind: str, *, target: str) -> str:
    return (
        f'{_XML}<Relationships xmlns="{_RELATIONSHIPS}">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/{kind}" Target="{target}"/></Relationships>'
    )


def write_zip(parts: Mapping[str, bytes], *, date: datetime) -> bytes:
    """Return a zip whose members all have one date: the same content gives the same bytes."""
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as target:
        for name, data in parts.items():
            member = ZipInfo(name, date_time=date.timetuple()[:6])
            member.compress_type = ZIP_DEFLATED
            target.writestr(member, data)
    return buffer.getvalue()
