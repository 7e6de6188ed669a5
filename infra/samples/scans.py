"""Typed letters and forms, as a flatbed scanner sees them."""

import numpy as np

from infra.samples.canvas import Canvas, flatbed_scan, jpeg, png, tiff
from infra.samples.sample import Sample

# A4 at 150 dots per inch.
_WIDTH, _HEIGHT, _DPI = 1240, 1754, 150
_LETTER = """\
Thank you for the drawings you sent last week. The whole board has seen them, and we are delighted
to confirm that we would like to go ahead with the spring exhibition as you proposed it.

We suggest hanging the works on Thursday 9 April, with a small opening for friends of the gallery
on the evening after. Could you let us know by the end of the month whether these days suit you,
and how many frames you will bring yourselves?

The sum we spoke about will be transferred once the loan form has reached us. A copy is enclosed.
"""
_DIAGNOSIS = """\
Diagnosis: early cataract of the left eye. Medication: artificial tears four times a day.
Allergies: none known.

Thank you for referring this pleasant patient, who has noticed glare when driving at night. Visual
acuity today was 6/6 on the right and 6/12 on the left. Pressures were normal and the retina of
both eyes was healthy.

Treatment plan: we discussed surgery and agreed to wait. We shall examine him again in six months;
please refer him sooner should his symptoms become worse.
"""

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


def draw_letter(*, rng: np.random.Generator) -> Sample:
    """Draw a letter, scanned a little crooked."""
    paper = _paper()
    paper.line("Willow Gallery", size=46, bold=True)
    paper.line("5 Chapel Street, Lewes BN7 2HA", size=26)
    paper.space(50)
    for line in ("Juniper House Studios", "31 Fern Road", "London SE15 4QL"):
        paper.line(line, size=28)
    paper.space(40)
    paper.line("19 February 2026", size=28, align="right")
    paper.space(30)
    paper.line("Dear Priya,", size=28, gap=2.2)
    for text in _LETTER.split("\n\n"):
        paper.paragraph(text, size=28)
    paper.space(20)
    paper.line("With kind regards,", size=28)
    _sign(paper, rng=rng)
    paper.line("Marguerite Ashdown", size=28)
    paper.line("Curator", size=28)
    # The name is one that a scanner gives: it says the date of the scan, not what was scanned.
    return Sample(
        name="Scan_20260219.png",
        data=png(flatbed_scan(paper.image, rng=rng, degrees=1.3), dpi=_DPI),
        doc_type="letter",
        fields={"date": "2026-02-19"},
        phrases=("spring exhibition", "Marguerite Ashdown"),
        media_type="image/png",
    )


def draw_medical_letter(*, rng: np.random.Generator) -> Sample:
    """Draw a clinic's letter about a patient who does not exist."""
    paper = _paper()
    paper.line("Riverside Eye Clinic", size=46, bold=True)
    paper.line("Department of Ophthalmology, 3 Weir Lane, Exeter EX2 4AB", size=26)
    paper.rule()
    paper.space(30)
    paper.line("Clinic letter", size=34, bold=True, gap=1.8)
    for label, value in (
        ("Patient:", "Mr Edmund Harrowgate"),
        ("Date of birth:", "3 August 1958"),
        ("Hospital number:", "RE 440 172"),
        ("Clinic date:", "21 May 2026"),
        ("Consultant:", "Dr Nkechi Bellweather"),
    ):
        paper.pair(label, value, size=28)
    paper.space(30)
    for text in _DIAGNOSIS.split("\n\n"):
        paper.paragraph(text, size=28)
    paper.line("Yours sincerely,", size=28)
    _sign(paper, rng=rng)
    paper.line("Dr Nkechi Bellweather, Consultant Ophthalmologist", size=28)
    return Sample(
        name="scan-003.jpg",
        data=jpeg(flatbed_scan(paper.image, rng=rng, degrees=-0.8), quality=80, dpi=_DPI),
        doc_type="medical_record",
        fields={"date": "2026-05-21"},
        phrases=("Ophthalmology", "Diagnosis"),
        media_type="image/jpeg",
    )


def draw_delivery_note(*, rng: np.random.Generator) -> bytes:
    """Draw the scanned page of the mixed PDF and return it as JPEG."""
    paper = _paper()
    paper.line("DELIVERY NOTE", size=54, bold=True, gap=1.6)
    paper.line("Copper Beech Joinery Ltd", size=32)
    paper.pair("Our order: 88213", "Delivered: 11 May 2026", size=30)
    paper.space(20)
    paper.rule()
    for text, count in (("Oak picture frames, 60 x 80 cm", "6"), ("Plan chest, five drawers", "1")):
        paper.pair(text, count, size=32, gap=1.7)
    paper.rule()
    paper.space(40)
    paper.line("Received in good order:", size=30)
    _sign(paper, rng=rng)
    return jpeg(flatbed_scan(paper.image, rng=rng, degrees=0.7), quality=78, dpi=_DPI)


def draw_fax(*, rng: np.random.Generator) -> Sample:
    """Draw a fax of three pages: cover, order, terms."""
    pages = []
    for number, lines in enumerate(_FAX, start=1):
        paper = _paper()
        # The sender's machine prints its name and the page's number at the top.
        paper.pair("PEMBERTON MARINE", f"P. {number}/{len(_FAX)}", size=24, gap=2.5)
        paper.line(lines[0], size=60, bold=True, gap=2)
        for line in lines[1:]:
            paper.line(line, size=36, gap=1.7)
        pages.append(flatbed_scan(paper.image, rng=rng, degrees=0.4, specks=60))
    # A fax is no class of document: only its contents could be one.
    return Sample(
        name="fax_0093.tif",
        data=tiff(pages, dpi=_DPI),
        doc_type=None,
        fields={"date": "2026-06-11"},
        phrases=("Pemberton Marine", "ropes"),
        media_type="image/tiff",
    )


def _paper() -> Canvas:
    return Canvas(width=_WIDTH, height=_HEIGHT, margin=130, y=140)


def _sign(paper: Canvas, *, rng: np.random.Generator) -> None:
    """Draw something like a signature and move below it."""
    # Loops along a line: two waves of different length, whose height decreases.
    steps = np.linspace(0, 6 * np.pi, 160)
    x = paper.margin + 20 + steps * 16 + 16 * np.sin(steps * 1.7)
    height = 26 * np.exp(-steps / 14) * rng.uniform(0.8, 1.2)
    y = paper.y + 50 + height * np.sin(steps * 2.3) + 12 * np.sin(steps * 0.6)
    points = [(float(a), float(b)) for a, b in zip(x, y, strict=True)]
    paper.pen.line(points, fill=60, width=4, joint="curve")
    paper.space(110)
