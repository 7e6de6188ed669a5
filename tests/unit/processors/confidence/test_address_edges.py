"""An address that may begin above what was found, or go on below, is a suggestion."""

import pytest

from processors.confidence.logistic import logit
from processors.confidence.model import WRITE_AT, most_logit
from tests.unit.processors.confidence.test_probabilities import features_on, page

_REST = ("Tel. 01353 555 123", "INVOICE 12", "Total £5.00")


def _features(*lines: str) -> dict[str, float]:
    return features_on([page("Otter Quill Ltd", *lines, *_REST)], "address")


@pytest.mark.parametrize(
    "lines",
    [
        ("Av. Robles Sur 1458", "Col. Actipan", "C.P. 03230, Ely"),
        ("Plot No. 42, Phase II", "Industrial Area", "Kendal - 160002"),
        ("GX-123-4567", "Ring Road Central", "Ely, Ghana"),
        ("Zone des Saules", "12, rue du Lac", "69603 ELY"),
        ("No. 12, Jalan Teh 1/37", "47301 Petaling Jaya", "Selangor"),
        ("12 Heron Street", "Tel Aviv 6688312"),
        ("Calle Alta No. 45, Col. Moss", "Guadalajara, Jalisco", "C.P. 44100"),
    ],
)
def test_a_part_of_an_address_beside_it_is_a_doubt(lines: tuple[str, ...]):
    """A number above it, a district or a code below it may belong to it."""
    features = _features(*lines)
    whole = features["lines"] * 6 >= len(lines)

    assert whole or most_logit(features) < logit(WRITE_AT)


@pytest.mark.parametrize(
    "lines",
    [
        ("5 Heron Row", "Ely CB7 4DL"),
        ("(123456-X)", "5 Heron Row", "Ely CB7 4DL"),
        ("Company no. 0123456", "5 Heron Row", "Ely CB7 4DL"),
        ("Tea and cakes", "5 Heron Row", "Ely CB7 4DL"),
        ("5 Heron Row", "Ely CB7 4DL", "Statement"),
    ],
)
def test_a_whole_address_has_no_doubt(lines: tuple[str, ...]):
    """A registration, a slogan and a title beside it are none of its parts."""
    assert not _features(*lines)["cut_at_edge"]


@pytest.mark.parametrize(
    ("house", "town"),
    [("Hauptplatz 3/2/14", "A-8010 Graz"), ("Seeweg 12/3", "8010 Graz"), ("Box 4512-00100", "")],
)
def test_a_house_with_its_stairs_and_door_begins_an_address(house: str, town: str):
    """So does the number of a box with the code of its office."""
    lines = (house.replace("Box", "P.O. Box"), town or "Mombasa Road, Nairobi")

    assert _features(*lines)["lines"] * 6 == pytest.approx(2)


@pytest.mark.parametrize("line", ["99243", "Sorszám 2026-0012", "06236"])
def test_a_number_alone_is_no_address(line: str):
    """Digits without a street or a town may be any number."""
    with pytest.raises(KeyError):
        _features(line)
