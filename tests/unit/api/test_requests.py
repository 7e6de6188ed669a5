"""What a request is refused for is said in words of HTTP, not of the tools behind it."""

import anyio
import pytest
from starlette.requests import Request

from flows.api.endpoints import find
from flows.api.requests import Wrong, body_arguments, query_arguments, refuse_form


def refusal(method: str, path: str, *, body: str = "", query: str = "") -> str:
    """Return why a request with a body of JSON is refused, "" if it is not."""
    (endpoint,) = (one for one, _ in find(path.split("/")) if one.method == method)
    headers = [(b"content-type", b"application/json")]
    request = Request({"type": "http", "headers": headers, "query_string": query.encode()})
    try:
        query_arguments(request, endpoint)
        anyio.run(body_arguments, request, endpoint, body.encode())
    except Wrong as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        (
            "PUT",
            "tables/T/records",
            '{"values": {"Total": 1}}',
            "no member 'values'. In the query: where",
        ),
        ("PUT", "tables/T/records", '{"Total": 1, "where": {"field": "A"}}', "no member 'where'"),
        (
            "PUT",
            "views/V/records",
            '{"body": {"Total": 1}}',
            'itself, such as {"Company": "Northwind',
        ),
        ("POST", "tables/T/records", '{"values": {"Total": 1}}', "no member 'values'"),
        ("POST", "tables/T/records", '[{"Total": 1}]', "The body is not a JSON object"),
        ("POST", "tables", '{"body": {"Name": "T"}}', 'itself, such as {"Name": "Receipts"'),
        ("PUT", "tables/T/attachments/Scan/fileInfo", '{"body": {"FileName": "a"}}', '"FileName"'),
        ("PUT", "directories/D/users", '{"values": {"FirstName": "Ada"}}', '"FirstName": "Ada"'),
        ("POST", "pipeline/plan", "[]", "The arguments are the members of the JSON body"),
    ],
)
def test_an_argument_of_a_tool_is_no_member_of_a_body(method: str, path: str, body: str, said: str):
    """Agents send `values` or `body`; here the body is that object, and the rest is in the query."""
    assert said in refusal(method, path, body=body)


@pytest.mark.parametrize(
    ("method", "path", "query", "said"),
    [
        ("POST", "pipeline/plan", "source=receipts", "The arguments are the members of the JSON"),
        ("PUT", "tables/T/records", "values={}", "The body is the object itself"),
        ("PUT", "tables/T/records", "fields=Total", "It takes: where, most_records"),
    ],
)
def test_an_argument_in_the_query_is_said_to_belong_elsewhere(
    method: str, path: str, query: str, said: str
):
    """What the query does not have may be in the body."""
    assert said in refusal(method, path, query=query)


@pytest.mark.parametrize(
    "body", ['{"values": "open"}', '{"where": "Berlin", "Total": 1}', '{"body": ["a", "b"]}']
)
def test_a_column_may_be_called_like_an_argument(body: str):
    """A value is a scalar or a list; only an object is no value of a column."""
    assert refusal("PUT", "tables/T/records", body=body) == ""


def test_a_form_is_no_file():
    """The frame of a form would be stored as a part of the file."""
    form, plain = (
        Request({"type": "http", "headers": [(b"content-type", one)]})
        for one in (b"Multipart/Form-Data; boundary=x", b"application/pdf")
    )

    with pytest.raises(Wrong, match="the bytes of the file") as refused:
        refuse_form(form)
    assert "json" not in str(refused.value.reply.content).lower()
    refuse_form(plain)
