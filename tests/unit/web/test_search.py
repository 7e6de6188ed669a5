"""Finding a record: by a part of a file's name, by its number, by a path."""

from dataclasses import replace

from tests.unit.web.conftest import GOOD, HOSTILE, Office, words

ADDRESS = "/records?source=receipts&record=1"


def test_a_record_is_found_by_either_name_of_its_file(office: Office):
    """A part of the name that was uploaded and of the one that is there now leads to its page at once."""
    office.world.receipt("1", GOOD, name="IMG_4711.txt")
    office.world.receipt("2", GOOD, name="other.txt")
    office.world.run(replace(office.spec, rename="{{ doc_type }} {{ total }}"))
    browser = office.signed_in()

    for text in ("img_47", "4711+txt"):
        answer = browser.client.get(f"/records?record={text}", follow_redirects=False)
        assert answer.headers["location"] == ADDRESS
    assert "Uploaded as IMG_4711.txt" in words(browser.get("/records?record=4711"))
    both = words(browser.get("/records?record=receipt"))
    assert "2 records were found." in both
    assert "receipts · Receipts record 1 field Scan · uploaded as IMG_4711.txt" in both


def test_a_record_is_found_by_its_number_without_its_source(office: Office):
    """The PK_ID is enough where one source has it; a source narrows what is found."""
    office.world.receipt("1", GOOD, name="a.txt")
    office.world.run(office.spec)
    browser = office.signed_in()

    assert "Receipts record 1" in words(browser.get("/records?record=1"))
    assert "Receipts record 1" in words(browser.get("/records?record=a.t&source=receipts"))
    assert "No run has seen a file of a.t in mail" in words(
        browser.get("/records?record=a.t&source=mail", status=404)
    )


def test_a_path_of_before_leads_to_the_file(office: Office):
    """A file of the Files area that was moved is found by its old and its new path, without its source."""
    office.world.caspio.table("Docs", File="FILE", Kind="STRING")
    office.world.caspio.files["/In/a.txt"] = b"doc_type=letter"
    office.world.caspio.tables["Docs"]["7"] = {"PK_ID": 7, "File": "/In/a.txt", "Kind": None}
    mail = replace(office.spec, name="mail", table="Docs", columns={"Kind": "doc_type"})
    office.world.run(replace(mail, rename="{{ doc_type }}"))
    browser = office.signed_in()

    for path in ("/In/a.txt", "/In/letter.txt"):
        assert "Docs record 7" in words(browser.get(f"/records?record={path}"))
    browser.get("/records?record=/Out/letter.txt", status=404)


def test_what_nobody_uploaded_is_not_found(office: Office):
    """Nothing, much, and signs with a meaning of their own in a database find nothing."""
    office.world.receipt("1", GOOD, name=f"{HOSTILE}.txt")
    office.world.receipt("2", GOOD, name=f"2{HOSTILE}.txt")
    office.world.run(office.spec)
    browser = office.signed_in()

    for text in ("%25", "_", "'+OR+1", "x" * 5_000, "x+" * 2_000, "%00"):
        browser.get(f"/records?record={text}&source=mail", status=404)
    assert "<script>alert" not in browser.get("/records?record=<script>")
    assert "records were found" in browser.get("/records?record=<script>")
    assert "Both names count" in browser.get("/records?record=+")
