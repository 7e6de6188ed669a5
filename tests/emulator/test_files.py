import uuid

import httpx
import pytest

from tests.emulator.api import Api

pytestmark = pytest.mark.integration


@pytest.fixture
def folder(api: Api) -> tuple[str, str]:
    """A folder for one test: its path and key."""
    path = f"/Area/{uuid.uuid4().hex}"
    return path, api.control.make_folder(path)


def _add(api: Api, key: str, name: str, data: bytes = b"x") -> httpx.Response:
    return api.call("POST", "/files", params={"externalKey": key}, files={"Files": (name, data)})


def _put(api: Api, key: str, name: str, data: bytes) -> httpx.Response:
    return api.call("PUT", "/files", params={"externalKey": key}, files={"File": (name, data)})


def _names(api: Api, key: str, **params: object) -> list[str]:
    reply = api.call("GET", "/files", params={"externalKey": key, **params})
    return [one["Name"] for one in reply.json()["Result"]]


def test_folders_are_listed_by_key(api: Api, folder: tuple[str, str]):
    """A folder is listed in its parent and described by its key."""
    path, key = folder
    area = next(one for one in api.get("/files/folders").json()["Result"] if one["Name"] == "Area")

    listed = api.get("/files/folders", externalKey=area["ExternalKey"]).json()

    assert path.rpartition("/")[2] in [one["Name"] for one in listed["Result"]]
    assert api.get(f"/files/folders/{key}").json()["Result"]["Name"] == path.rpartition("/")[2]
    assert set(listed["Pagination"]) == {"TotalCount", "PageNumber", "PageSize"}


def test_a_missing_folder_is_not_found(api: Api):
    """An unknown key is 404 for listings, uploads and descriptions."""
    key = str(uuid.uuid4())

    replies = [
        api.get("/files", externalKey=key),
        api.get(f"/files/folders/{key}"),
        _add(api, key, "a.txt"),
    ]

    assert [one.json()["Code"] for one in replies] == ["ObjectNotFound"] * 3


def test_an_added_file_has_a_key_and_a_description(api: Api, folder: tuple[str, str]):
    """POST answers 201 with name and key; the description by key and by path is the same."""
    path, key = folder

    (added,) = _add(api, key, "Größe.pdf", b"%PDF").json()["Result"]

    by_key = api.get(f"/files/{added['ExternalKey']}/fileInfo").json()
    assert (
        by_key["Result"] | {"Name": "Größe.pdf", "Size": 4, "ContentType": "application/pdf"}
        == by_key["Result"]
    )
    assert api.get("/files/path/fileInfo", filePath=f"{path}/größe.PDF").json() == by_key


def test_a_file_is_downloaded_by_key_and_by_path(api: Api, folder: tuple[str, str]):
    """A file's bytes and name are the same by key and by path."""
    path, key = folder
    file_key = _add(api, key, "a.txt", b"text").json()["Result"][0]["ExternalKey"]

    replies = [api.get(f"/files/{file_key}"), api.get("/files/path", filePath=f"{path}/a.txt")]

    assert [one.content for one in replies] == [b"text", b"text"]
    assert 'filename="a.txt"' in replies[0].headers["content-disposition"]


def test_a_taken_name_is_a_conflict(api: Api, folder: tuple[str, str]):
    """POST of a name that exists, in any case, is 409 and changes nothing."""
    path, key = folder
    _add(api, key, "a.txt", b"first")

    assert _add(api, key, "A.TXT", b"second").status_code == 409
    assert api.get("/files/path", filePath=f"{path}/a.txt").content == b"first"


def test_a_put_adds_or_overwrites(api: Api, folder: tuple[str, str]):
    """PUT of a new name is 201; of an existing one 200, with the same key and a later date."""
    _, key = folder
    first = _put(api, key, "a.txt", b"one")
    file_key = first.json()["Result"]["ExternalKey"]
    before = api.get(f"/files/{file_key}/fileInfo").json()["Result"]

    second = _put(api, key, "a.txt", b"longer")

    after = api.get(f"/files/{file_key}/fileInfo").json()["Result"]
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["Result"]["ExternalKey"] == file_key
    assert (after["Size"], after["DateCreated"]) == (6, before["DateCreated"])
    assert after["LastModified"] > before["LastModified"]


def test_several_files_are_added_where_their_names_are_free(api: Api, folder: tuple[str, str]):
    """Of several parts, those with free names are stored and listed."""
    _, key = folder
    _add(api, key, "a.txt")

    parts = [("Files", ("a.txt", b"x")), ("Files", ("b.txt", b"y"))]
    reply = api.call("POST", "/files", params={"externalKey": key}, files=parts)

    assert (reply.status_code, [one["Name"] for one in reply.json()["Result"]]) == (201, ["b.txt"])


@pytest.mark.parametrize("name", ["a/b.txt", "..\\b.txt"])
def test_a_name_cannot_be_a_path(api: Api, folder: tuple[str, str], name: str):
    """A file name with a separator is 400."""
    assert _add(api, folder[1], name).status_code == 400


def test_the_wrong_part_name_is_refused(api: Api, folder: tuple[str, str]):
    """POST expects `Files`, PUT expects `File`."""
    post = api.call(
        "POST", "/files", params={"externalKey": folder[1]}, files={"File": ("a", b"x")}
    )
    put = api.call("PUT", "/files", params={"externalKey": folder[1]}, files={"Files": ("a", b"x")})

    assert (post.status_code, put.status_code) == (400, 400)


def test_a_file_is_deleted_by_key_or_path_once(api: Api, folder: tuple[str, str]):
    """Deleting is 204; a second time it is 404 FileNotFound."""
    path, key = folder
    file_key = _add(api, key, "a.txt").json()["Result"][0]["ExternalKey"]
    _add(api, key, "b.txt")

    statuses = [
        api.delete(f"/files/{file_key}").status_code,
        api.delete("/files/path", filePath=f"{path}/b.txt").status_code,
    ]

    assert statuses == [204, 204]
    assert api.delete(f"/files/{file_key}").json()["Code"] == "FileNotFound"


def test_the_collection_cannot_be_deleted(api: Api):
    """DELETE /files is 405."""
    assert api.delete("/files", externalKey=str(uuid.uuid4())).status_code == 405


def test_a_page_has_25_files_by_default(api: Api, folder: tuple[str, str]):
    """Listings have 25 files per page; only pageSize without a prefix changes that."""
    _, key = folder
    for number in range(27):
        _add(api, key, f"{number:02}.txt")

    assert len(_names(api, key)) == len(_names(api, key, **{"q.pageSize": 1000})) == 25
    assert len(_names(api, key, pageSize=1000)) == 27
    assert _names(api, key, pageNumber=2) == ["25.txt", "26.txt"]


def test_files_are_sorted(api: Api, folder: tuple[str, str]):
    """SortField and sortDescending order a listing; an unknown field is 400."""
    _, key = folder
    for name, data in [("b.txt", b"1"), ("A.txt", b"333"), ("c.txt", b"22")]:
        _add(api, key, name, data)

    assert _names(api, key) == ["A.txt", "b.txt", "c.txt"]
    assert _names(api, key, sortField="Size", sortDescending="true") == ["A.txt", "c.txt", "b.txt"]
    assert api.call("GET", "/files", params={"sortField": "Shade"}).status_code == 400


@pytest.mark.parametrize("size", [4, 1001])
def test_page_sizes_outside_the_limits_are_refused(api: Api, size: int):
    """PageSize is from 5 to 1,000 here too."""
    assert (
        api.call("GET", "/files", params={"pageSize": size}).json()["Code"]
        == "IncorrectQueryParameter"
    )


def test_a_path_is_required(api: Api):
    """A call without filePath is 400."""
    assert api.get("/files/path").json()["Code"] == "IncorrectQueryParameter"
