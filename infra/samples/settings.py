"""The demo's settings file."""

import json

_TEMPLATE = """\
# Settings of the demo. Secrets are not kept here: CASPIO_CLIENT_ID and CASPIO_CLIENT_SECRET come from the environment.

[caspio]
url = {url}
rate = "30000/300s"  # the emulator sets no limit; a real account allows 2000/300s, which is the default
monthly_calls = 100_000

[archive]
url = {archive}

[ledger]
url = {ledger}

[processing]
ocr = "auto"
languages = ["eng"]

# A table with an attachment field. Closed receipts are left alone, and so is whatever a person has typed.
[[sources]]
name = "receipts"
table = "Receipts"
fields = ["Scan"]
where = "Status <> 'closed'"
overwrite = "empty"
rename = "{{{{ date }}}} {{{{ company }}}} {{{{ doc_type }}}}"
[sources.columns]
DocType = "doc_type"
Company = "company"
ReceiptDate = "date"
Total = "total"
Currency = "currency"

# A view over the same table: the card terminal's slips of the receipts that are open.
[[sources]]
name = "card-slips"
view = "OpenReceipts"
fields = ["CardSlip"]
rename = "{{{{ date }}}} card slip {{{{ company }}}}"
[sources.columns]
SlipTotal = "total"

# A FILE field: the record holds a path, the file lies in the Files area.
[[sources]]
name = "documents"
table = "Documents"
fields = ["Document"]
rename = "{{{{ date }}}} {{{{ company | default('') }}}} {{{{ doc_type }}}}"
[sources.columns]
Kind = "doc_type"
Party = "company"
SignedOn = "date"
Amount = "total"
Currency = "currency"

# A folder whose files no record knows: each gets a row in an index table.
[[sources]]
name = "mailroom"
folder = "/Mailroom"
rename = "{{{{ date | default('undated') }}}} {{{{ doc_type }}}}"
[sources.index]
table = "MailIndex"
path_column = "Path"
[sources.columns]
DocType = "doc_type"
Company = "company"
DocDate = "date"
Total = "total"
"""


def settings_toml(
    url: str,
    *,
    archive: str = "file:archive",
    ledger: str = "sqlite:///caspio-ingest.db",
    confirm: str | None = None,
) -> str:
    """Return the demo's `caspio-ingest.toml` for the Caspio at `url`.

    `confirm` ("first" or "never") is set for every source where given.
    """
    text = _TEMPLATE.format(
        url=json.dumps(url), archive=json.dumps(archive), ledger=json.dumps(ledger)
    )
    if confirm is None:
        return text
    return text.replace("\n[[sources]]\n", f"\n[[sources]]\nconfirm = {json.dumps(confirm)}\n")
