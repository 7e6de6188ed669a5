"""What forms, numbers, offices and points of names promise: whole parties, and nobody else."""

import pytest

from pipeline.model import Finding, PageText
from processors.contract import Page
from processors.values import find_values


def found_in(text: str) -> dict[str, Finding]:
    """Return the values found in a contract."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    return find_values([page], doc_class="contract")


def parties_of(text: str) -> str | None:
    """Return the parties found in a contract."""
    found = found_in(text).get("parties")
    return found.value if found else None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("between Ida Moss and Jon Fell. Ida Moss, the painter, paints.", "Ida Moss; Jon Fell"),
        ("between Rill Bros. Farms and Orr Mfg. Works.", "Rill Bros. Farms; Orr Mfg. Works"),
        ("between Tarn Ambulance District No. 6, a district, and Orr Ltd", "Tarn Ambulance District No. 6; Orr Ltd"),
        ("between Orr Ltd and Weir Lodge 9 (“Lodge”), who agree.", "Orr Ltd; Weir Lodge 9"),
        ("between Institut für Moorkunde and Rill e.V., who agree", "Institut für Moorkunde; Rill e.V."),
        ("entre Société d'Orr SAS et Comune di Fell, qui", "Société d'Orr SAS; Comune di Fell"),
        ("between Rill Ltd and the Dean and Chapter of Weir, who agree", "Rill Ltd; Dean and Chapter of Weir"),
        ("between Warden, Fellows and Scholars of Orr College and Rill Ltd", "Warden, Fellows and Scholars of Orr College; Rill Ltd"),
        ("between Rev. Ida Q. Moss and Capt. Jon Fell, who agree.", "Ida Q. Moss; Jon Fell"),
        ("between\nKeeper: Ida Moss\nTel: 555 01\nand\nOwner: Jon Fell\nTel: 555 02\nHens: two, Ada and Bess.", "Ida Moss; Jon Fell"),
        ("between the Builder:\nRill Roofs & Walls\nPO Box 8\nand the Owner:\nOrr Ltd\n2 Fell Row", "Rill Roofs & Walls; Orr Ltd"),
        ("by and among\nRILL CORP.,\nORR LLC\nand\nIDA MOSS\nDated as of May 3, 2031\nAGREEMENT AND PLAN OF EXCHANGE", "RILL CORP.; ORR LLC; IDA MOSS"),
        ("by and between Rill Ltd and the Weir Tourism and Heritage Board, Inc. (“Board”).", "Rill Ltd; Weir Tourism and Heritage Board, Inc."),
        ("between Una and Ida Moss, Trustees of the Moss Trust, and Rill Ltd, who agree.", "Una and Ida Moss; Rill Ltd"),
        ("among Rill LLC, an Ohio limited liability company, Ida Moss, Jon Fell, and Orr Ltd, who agree.", "Rill LLC; Ida Moss; Jon Fell; Orr Ltd"),
        ("between\nRILL COMPANY\nand\nMILLERS LOCAL 9\nEffective May 4, 2031 to May 3, 2033", "RILL COMPANY; MILLERS LOCAL 9"),
        ("between Rill Ltd and the County of Weir, Department of Mills (“County”), who agree.", "Rill Ltd; County of Weir"),
        ("entre les soussignés : 1° Madame Ida Moss, née à Ely, et 2° Forges Orr et Fils, SARL, représentée par M. Jon Orr et M. Luc Orr, gérants, qui", "Ida Moss; Forges Orr et Fils, SARL"),
        ("between _Rill Works, Inc._ (the “Giver”) and __Ida Moss__ (the “Taker”).", "Rill Works, Inc.; Ida Moss"),
    ],
)  # fmt: skip
def test_whole_parties(text: str, names: str):
    """Points, numbers and offices are of the names; labels, boxes and titles are not."""
    assert parties_of(f"SUPPLY AGREEMENT\nThis is made {text}\n1. Supply.") == names


@pytest.mark.parametrize("mark", ["-", "\u2013", ":"])
def test_a_dash_behind_a_role(mark: str):
    """It announces a name as a colon does."""
    text = (
        f"SPONSORSHIP\nGiver {mark} Rill Ltd\nTaker {mark} Orr Club Incorporated\n"
        "The Giver shall pay the Taker. The Taker shall play."
    )

    assert parties_of(text) == "Rill Ltd; Orr Club Incorporated"


def test_the_sender_of_a_letter_that_defines_whom_it_addresses():
    """The client below the name that it greets is not the sender, who has the first line."""
    text = (
        "Rill & Co. Surveyors\n2 Fell Row\n3 May 2031\nMs. Ida Moss\nMoss Mills Ltd\n4 Weir Road\n"
        "Dear Ms. Moss,\nYou appoint Rill & Co. Surveyors, and Moss Mills Ltd (the “Client”).\n"
        "Yours sincerely,\nJon Fell\nAgreed for Moss Mills Ltd"
    )

    assert parties_of(text) == "Moss Mills Ltd; Rill & Co. Surveyors"


def test_a_title_of_someone_beside_a_label():
    """It is no part of the name."""
    text = "JOB\nEmployer: Rill Ltd\nEmployee: Dr. Ida Moss\n1. Work."

    assert parties_of(text) == "Rill Ltd; Ida Moss"


@pytest.mark.parametrize(
    ("day", "date"),
    [
        ("this _4th_ day of _May_, 20_31_", "2031-05-04"),
        ("on __May 4__, 20__31__", "2031-05-04"),
        ("this ____ day of ____, 2031", None),
        ("this __ day of __________ 20__", None),
    ],
)
def test_a_day_that_is_entered_into_blanks(day: str, date: str | None):
    """The lines below an entry are no part of it, and a blank stays one."""
    text = f"LOAN AGREEMENT\nThis Agreement is made {day} between Rill Ltd and Orr Ltd.\nBy: ____Name____"

    found = found_in(text).get("date")

    assert (found.value if found else None) == date


@pytest.mark.parametrize(
    "who",
    [
        "Rill GmbH, vertreten durch die Geschäftsführer Ida Moss und Jon Fell, und Orr AG",
        "Rill Ltd, represented by its directors, Ida Moss and Jon Fell, and Orr AG",
        "Rill Ltd (“Rill”), represented by Ida Moss, Chair, and Orr AG (“Orr”), acting by Jon Fell, Clerk",
        "Rill Ltd, through its Department of Mills and its Office of Rye, and Orr AG",
        "Rill Ltd, acting by and through its Board of Directors, and Orr AG",
        "Rill Ltd, by Ida Moss, its President, and Orr AG, by Jon Fell and Una Quill, its officers",
        "Rill Ltd (hereinafter “Rill”), duly represented by Ms. Ida Moss and Mr. Jon Fell, and Orr AG",
    ],
)
def test_who_acts_for_a_party_is_none(who: str):
    """Neither representatives, officers nor departments are parties."""
    names = parties_of(f"SUPPLY AGREEMENT\nThis is made between {who}, who agree.\n1. Supply.")

    assert names == "Rill Ltd; Orr AG".replace("Rill Ltd", who.partition(" (")[0].partition(",")[0])
