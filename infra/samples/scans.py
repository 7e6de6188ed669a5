"""Typed letters and forms that went over a scanner's glass."""

import numpy as np
from PIL import Image

from infra.samples.paper import Sheet, flatbed_scan, jpeg, png, tiff
from infra.samples.sample import Sample

_WIDTH, _HEIGHT = 1240, 1754  # A4 at 150 dots per inch
_DPI = 150
_LETTER = """\
Thank you for the drawings you sent last week. The whole board has seen them, and we are delighted to confirm
that we would like to go ahead with the spring exhibition as you proposed it.

We suggest hanging the works on Thursday 9 April, with a small opening for friends of the gallery on the
evening after. Could you let us know by the end of the month whether these days suit you, and how many frames
you will bring yourselves?

The sum we spoke about will be transferred once the loan form has reached us. A copy is enclosed.
"""
_DIAGNOSIS = """\
Diagnosis: early cataract of the left eye. Medication: artificial tears four times a day. Allergies: none
known.

Thank you for referring this pleasant patient, who has noticed glare when driving at night. Visual acuity
today was 6/6 on the right and 6/12 on the left. Pressures were normal and the retina of both eyes was
healthy.

Treatment plan: we discussed surgery and agreed to wait. We shall examine him again in six months; please
refer him sooner should his symptoms become worse.
"""


def draw_letter(*, rng: np.random.Generator) -> Sample:
    """Draw a private letter, scanned a little crooked."""
    sheet = _sheet()
    sheet.line("Willow Gallery", size=46, bold=True)
    sheet.line("5 Chapel Street, Lewes BN7 2HA", size=26)
    sheet.space(50)
    for line in ("Juniper House Studios", "31 Fern Road", "London SE15 4QL"):
        sheet.line(line, size=28)
    sheet.space(40)
    sheet.line("19 February 2026", size=28, align="right")
    sheet.space(30)
    sheet.line("Dear Priya,", size=28, gap=2.2)
    for text in _LETTER.split("\n\n"):
        sheet.paragraph(text, size=28)
    sheet.space(20)
    sheet.line("With kind regards,", size=28)
    _sign(sheet, rng=rng)
    sheet.line("Marguerite Ashdown", size=28)
    sheet.line("Curator", size=28)
    return Sample(
        name="Scan_20260219.png",
        data=png(flatbed_scan(sheet.image, rng=rng, degrees=1.3), dpi=_DPI),
        doc_type="letter",
        fields={"date": "2026-02-19"},
        phrases=("spring exhibition", "Marguerite Ashdown"),
        media_type="image/png",
    )


def draw_medical_letter(*, rng: np.random.Generator) -> Sample:
    """Draw a clinic's letter about a patient who does not exist."""
    sheet = _sheet()
    sheet.line("Riverside Eye Clinic", size=46, bold=True)
    sheet.line("Department of Ophthalmology, 3 Weir Lane, Exeter EX2 4AB", size=26)
    sheet.rule()
    sheet.space(30)
    sheet.line("Clinic letter", size=34, bold=True, gap=1.8)
    for label, value in (
        ("Patient:", "Mr Edmund Harrowgate"),
        ("Date of birth:", "3 August 1958"),
        ("Hospital number:", "RE 440 172"),
        ("Clinic date:", "21 May 2026"),
        ("Consultant:", "Dr Nkechi Bellweather"),
    ):
        sheet.pair(label, value, size=28)
    sheet.space(30)
    for text in _DIAGNOSIS.split("\n\n"):
        sheet.paragraph(text, size=28)
    sheet.line("Yours sincerely,", size=28)
    _sign(sheet, rng=rng)
    sheet.line("Dr Nkechi Bellweather, Consultant Ophthalmologist", size=28)
    return Sample(
        name="scan-003.jpg",
        data=jpeg(flatbed_scan(sheet.image, rng=rng, degrees=-0.8), quality=80, dpi=_DPI),
        doc_type="medical_record",
        fields={"date": "2026-05-21"},
        phrases=("Ophthalmology", "Diagnosis"),
        media_type="image/jpeg",
    )


def draw_delivery_note(*, rng: np.random.Generator) -> bytes:
    """Draw the scanned half of the mixed PDF and return it as JPEG."""
    sheet = _sheet()
    sheet.line("DELIVERY NOTE", size=54, bold=True, gap=1.6)
    sheet.line("Copper Beech Joinery Ltd", size=32)
    sheet.pair("Our order: 88213", "Delivered: 11 May 2026", size=30)
    sheet.space(20)
    sheet.rule()
    for text, count in (("Oak picture frames, 60 x 80 cm", "6"), ("Plan chest, five drawers", "1")):
        sheet.pair(text, count, size=32, gap=1.7)
    sheet.rule()
    sheet.space(40)
    sheet.line("Received in good order:", size=30)
    _sign(sheet, rng=rng)
    return jpeg(flatbed_scan(sheet.image, rng=rng, degrees=0.7), quality=78, dpi=_DPI)


def draw_fax(*, rng: np.random.Generator) -> Sample:
    """Draw a three-frame fax: cover, order, terms."""
    frames = [_fax_frame(number, lines, rng=rng) for number, lines in enumerate(_FAX, start=1)]
    return Sample(
        name="fax_0093.tif",
        data=tiff(frames, dpi=_DPI),
        doc_type=None,
        fields={"date": "2026-06-11"},
        phrases=("Pemberton Marine", "ropes"),
        media_type="image/tiff",
    )


_FAX = (
    (
        "FAX",
        "To: Juniper House Studios",
        "From: Pemberton Marine Chandlers, Falmouth",
        "Date: 11 June 2026",
        "Pages: 3 with this one",
        "Re: Your order for the sail installation",
    ),
    (
        "Order 7 / 2026",
        "Canvas, unbleached, 40 metres",
        "Manila ropes, 16 mm, 120 metres",
        "Brass eyelets, 200 pieces",
        "Ready for collection on 18 June.",
    ),
    (
        "Terms",
        "Goods remain ours until paid for.",
        "Ropes cut to length cannot be returned.",
        "Thank you for asking us!",
    ),
)


def _fax_frame(number: int, lines: tuple[str, ...], *, rng: np.random.Generator) -> Image.Image:
    sheet = _sheet()
    sheet.pair("PEMBERTON MARINE", f"P. {number}/{len(_FAX)}", size=24, gap=2.5)
    sheet.line(lines[0], size=60, bold=True, gap=2)
    for line in lines[1:]:
        sheet.line(line, size=36, gap=1.7)
    return flatbed_scan(sheet.image, rng=rng, degrees=0.4, specks=60)


def _sheet() -> Sheet:
    return Sheet(width=_WIDTH, height=_HEIGHT, margin=130, y=140)


def _sign(sheet: Sheet, *, rng: np.random.Generator) -> None:
    """Scribble something like a signature and move below it."""
    steps = np.linspace(0, 6 * np.pi, 160)
    x = sheet.margin + 20 + steps * 16 + 16 * np.sin(steps * 1.7)
    height = 26 * np.exp(-steps / 14) * rng.uniform(0.8, 1.2)
    y = sheet.y + 50 + height * np.sin(steps * 2.3) + 12 * np.sin(steps * 0.6)
    points = [(float(a), float(b)) for a, b in zip(x, y, strict=True)]
    sheet.pen.line(points, fill=60, width=4, joint="curve")
    sheet.space(110)
