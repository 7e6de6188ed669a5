"""The demo's settings file."""

import json

_TEMPLATE = """\
# Settings of the demo. Secrets are not kept here: CASPIO_CLIENT_ID and CASPIO_CLIENT_SECRET come
# from the environment.

[caspio]
url = {url}
# The emulator has no limit. A real account allows 2000/300s, which is the default.
rate = "30000/300s"
monthly_calls = 100_000

[archive]
url = {archive}

[ledger]
url = {ledger}

[processing]
ocr = "auto"
languages = ["eng"]

# A table with an attachment field. Closed receipts are left out, and values that a user typed are
# not overwritten. Names of companies are rarely as certain as the default asks for, which is 0.95:
# here they are written from 0.8 on, and totals as by default.
[[sources]]
name = "receipts"
table = "Receipts"
fields = ["Scan"]
where = "Status <> 'closed'"
overwrite = "empty"
write_at = 0.8
rename = "{{{{ date }}}} {{{{ company }}}} {{{{ doc_type }}}}"
[sources.columns]
DocType = "doc_type"
Company = "company"
ReceiptDate = "date"
Total = {{ finding = "total", write_at = 0.95 }}
Currency = "currency"

# A view of the same table: the card terminal's slips of the open receipts.
[[sources]]
name = "card-slips"
view = "OpenReceipts"
fields = ["CardSlip"]
write_at = 0.8
rename = "{{{{ date }}}} card slip {{{{ company }}}}"
[sources.columns]
SlipTotal = "total"

# A FILE field: the record holds a path, the file is in the Files area.
[[sources]]
name = "documents"
table = "Documents"
fields = ["Document"]
write_at = 0.8
rename = "{{{{ date }}}} {{{{ company | default('') }}}} {{{{ doc_type }}}}"
[sources.columns]
Kind = "doc_type"
Party = "company"
SignedOn = "date"
Amount = "total"
Currency = "currency"

# A folder whose files belong to no record: each gets a row in an index table.
[[sources]]
name = "mailroom"
folder = "/Mailroom"
write_at = 0.8
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
    confirm: str | None = None,
) -> str:
    """Return the demo's `caspio-ingest.toml` for the Caspio at `url`.

    If `confirm` ("first" or "never") is given, every source has it.
    """
    # JSON's quotes and escapes are also those of a TOML basic string.
    text = _TEMPLATE.format(
        url=json.dumps(url),
        archive=json.dumps(archive),
        ledger=json.dumps("sqlite:///caspio-ingest.db"),
    )
    if confirm is None:
        return text
    return text.replace("\n[[sources]]\n", f"\n[[sources]]\nconfirm = {json.dumps(confirm)}\n")
