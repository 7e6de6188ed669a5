import hashlib
import json

from hypothesis import given, strategies as st

from pipeline.model import short_digest

PARTS = st.lists(st.none() | st.integers() | st.text(st.characters()))


@given(PARTS)
def test_a_digest_is_that_of_the_parts_as_json(parts: list[str | int | None]):
    """Ledgers know files by it: the same listing has the same digest in every version."""
    text = json.dumps(parts, ensure_ascii=False)

    expected = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:20]

    assert short_digest(parts) == expected
