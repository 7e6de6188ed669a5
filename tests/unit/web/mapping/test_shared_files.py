"""What the mapping page says of files that two sources may read."""

from flows.web.mapping.examine import shared_files
from pipeline.model import Column
from pipeline.model.schema import Container, DiscoveredAccount, FilesArea
from pipeline.settings.sources import SourceSettings

DOCUMENTS = Container("Documents", is_view=False, columns={"Document": Column("Document", "FILE")})
FOLDER = Container("FileIndex", is_view=False, columns={})
RECORDS = SourceSettings(name="records", table="Documents")
INBOX = SourceSettings(name="inbox", folder="/Inbox")


def test_a_folder_is_warned_of_beside_a_table_with_a_file_field():
    """Whichever of the two is mapped last: the table from its look, or from that at the account."""
    account = DiscoveredAccount((DOCUMENTS,), FilesArea(), {})

    (of_table,) = shared_files([INBOX, RECORDS], DOCUMENTS, None)
    (of_folder,) = shared_files([RECORDS, INBOX], FOLDER, account)

    assert of_table == of_folder
    assert "'records' and 'inbox' may read the same files" in of_table
    assert "those in /Inbox whose path is in Document of Documents" in of_table


def test_nothing_is_said_of_a_table_that_nobody_has_looked_at():
    """Without the types of its columns, a warning would be a guess."""
    assert list(shared_files([RECORDS, INBOX], FOLDER, None)) == []
