"""A page is read as its readers see it; what none of them sees is kept apart."""

import pytest

from processors.detect.html_text import texts_of_html

_RED = "<span class=x>99</span> Tea"

HIDDEN = [
    # The style of a page
    (".x{color:#fff}", _RED),
    ("td .x{color:#fff}", f"<table><tr><td>{_RED}</table>"),
    ("td > .x{color:white}", f"<table><tr><td>{_RED}</table>"),
    ("p .x, td .x{color:#fff}", f"<p>{_RED}"),
    ("#a span{color:#fff}", f"<div id=a>{_RED}</div>"),
    ("span.x{color:#fff}", _RED),
    ("small{color:#fff}", "<small>99</small> Tea"),
    (".x.y{color:#fff}", "<span class='y x'>99</span> Tea"),
    ("[data-a] span{color:#fff}", f"<p data-a=1>{_RED}"),
    ("p :first-child{color:#fff}", f"<p>{_RED}"),
    ("b + .x{color:#fff}", f"<b>1</b>{_RED}"),
    (".a{color:#fff}", "<div class=a>99<b>99</b></div><p>Tea"),
    (".x{color:#fff!important} span{color:#000}", _RED),
    (".x{color:#fff} .x{color:#fffffe}", _RED),
    ("td{color:#000} .x{color:#fff}", f"<table><tr><td>{_RED}</table>"),
    (":root .x{color:#fff}", _RED),
    (".a{.x{color:#fff}}", f"<div class=a>{_RED}</div>"),
    (".a{& > .x{color:#fff}}", f"<div class=a>{_RED}</div>"),
    ("@media screen{.x{color:#fff}}", _RED),
    ("@media print{.x{color:#000}} .x{color:#fff}", _RED),
    ("@media (prefers-color-scheme:dark){.x{color:#000}} .x{color:#fff}", _RED),
    (".x{color:#fff} .x:hover{color:#000}", _RED),
    (".x{color:#000} .x:not(:hover){color:#fff}", _RED),
    # Spellings of colors
    ("", "<span style='color:rgb(255,255,255)'>99</span> Tea"),
    ("", "<span style='color:rgb(255 255 255)'>99</span> Tea"),
    ("", "<span style='color:rgb(100% 100% 100%)'>99</span> Tea"),
    ("", "<span style='color:hsl(0,0%,100%)'>99</span> Tea"),
    ("", "<span style='color:hwb(0 100% 0%)'>99</span> Tea"),
    ("", "<span style='color:#FFFFFFFF'>99</span> Tea"),
    ("", "<span style='color:snow'>99</span> Tea"),
    ("", "<span style='color:rgba(0,0,0,0)'>99</span> Tea"),
    ("", "<span style='color:rgb(0 0 0 / 1%)'>99</span> Tea"),
    ("", "<span style='color:#0000'>99</span> Tea"),
    ("", "<font color=ffffff>99</font> Tea"),
    ("", "<body text=white>99<p style='color:#000'>Tea"),
    # What is behind the letters
    (".x{color:#eee;background:#eee}", _RED),
    ("", "<div style='background:#eee'><span style='color:#eee'>99</span> Tea</div>"),
    ("", "<div style='background:#222;color:#fff'>Tea<div style='background:#fff'>99</div></div>"),
    (".d{background:#000;color:#fff} .w{background:#fff}", "<div class=d>Tea<p class=w>99</div>"),
    (
        "",
        "<table bgcolor=222222><tr><td style='color:#fff'>Tea<td bgcolor=#fff><font color=#fff>99</table>",
    ),
    ("", "<div style='background:#222;color:#fff'>Tea</div><p style='color:#fff'>99"),
    ("", "<body bgcolor=black text=white>Tea<p style='color:#000'>99"),
    ("body{background:#123}", "<p style='color:#fff'>Tea<p style='color:#112233'>99"),
    (".x{color:#fff;background:rgba(255,255,255,.5)}", _RED),
    (".d{background:url(a.png)} .x{color:#fff;background:#fff}", f"<div class=d>{_RED}</div>"),
    (
        ".d{background:linear-gradient(red,blue)} .d{background:#fff;color:#fff}",
        "<p class=d>99<p>Tea",
    ),
    # No size, no room, no place
    (".x{font-size:0}", _RED),
    (".x{font:0/1 a}", _RED),
    ("", "<span style='font-size:1px'>99</span> Tea"),
    (".a{font-size:0} .x{font-size:2em}", "<div class=a><b class=x>99</b></div><p>Tea"),
    (".x{display:none}", _RED),
    ("p .x{display:none}", f"<p>{_RED}"),
    (".x{visibility:hidden}", _RED),
    ("p > .x{opacity:0}", f"<p>{_RED}"),
    (".x{opacity:1%}", _RED),
    (".a{max-height:0;overflow:hidden}", "<div class=a>99</div><p>Tea"),
    (".x{position:absolute;left:-9999px}", _RED),
    (".x{position:absolute;inset:-5000px auto auto 0}", _RED),
    (".x{position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0,0,0,0)}", _RED),
    (".x{clip-path:inset(50%)}", _RED),
    (".a{text-indent:-9999px}", "<h1 class=a>99</h1><p>Tea"),
    (".a{transform:scale(0)}", "<div class=a>99</div><p>Tea"),
    (".x{content-visibility:hidden}", _RED),
    # As mail programs write it
    ("<!-- .x{color:#fff} -->", _RED),
    (".p{display:none!important;mso-hide:all}", "<div class=p style='color:#000'>99</div>Tea"),
    ("", "<font color=white>99<p>99</font>Tea"),
    (".ph *{color:#fff}", "<div class=ph><b>99</b></div>Tea"),
]

SHOWN = [
    # Conditions and states
    ("@media print{.x{color:#fff}}", "<p class=x>Tea"),
    ("@media print{.x{display:none}}", "<p class=x>Tea"),
    ("@media (max-width:600px){.x{display:none}}", "<p class=x>Tea"),
    ("@media (min-width:600px){.x{color:#000}} p{color:#fff}", "<p class=x>Tea"),
    ("@media (prefers-color-scheme:dark){.x{color:#fff}}", "<p class=x>Tea"),
    ("@media (prefers-contrast:more){.x{display:none}}", "<p class=x>Tea"),
    ("@supports (display:grid){.x{display:none}}", "<p class=x>Tea"),
    ("@layer a{.x{display:block!important}} .x{display:none}", "<p class=x>Tea"),
    ("@container (width>9px){.x{display:none}}", "<p class=x>Tea"),
    ("@keyframes a{from{opacity:0}} .from{opacity:1}", "<p class=from>Tea"),
    ("a:hover{color:#fff}", "<a>Tea</a>"),
    (".x:focus,.x:active{display:none}", "<p class=x>Tea"),
    (".x:where(:popover-open){display:none}", "<p class=x>Tea"),
    ("a:visited{color:#fff}", "<a href=a>Tea</a>"),
    ("a{color:#fff} a:link{color:navy}", "<a href=a>Tea</a>"),
    # Which rule counts
    (".x{color:#fff} .x{color:#000}", "<p class=x>Tea"),
    ("#a{color:#000} .x{color:#fff}", "<p id=a class=x>Tea"),
    (".x{color:#000!important} #a{color:#fff}", "<p id=a class=x>Tea"),
    ("p.x{display:block} .x{display:none}", "<p class=x>Tea"),
    (".x{color:#fff}", "<p class=x style='color:#000'>Tea"),
    (".x{color:#fff}", "<p class=x><font color=red>Tea</font>"),
    (".x{color:#fff}", "<p class=x><a href=a>Tea</a>"),
    (".a .x{color:#fff}", "<p class=x>Tea"),
    (".a > .x{color:#fff}", "<p class=a><b><i class=x>Tea</i></b>"),
    (".x{display:block}", "<p class=x hidden>Tea"),
    (".x{visibility:hidden} .x b{visibility:visible}", "<p class=x><b>Tea</b>"),
    (".x{font-size:0} .x b{font-size:1rem}", "<p class=x><b>Tea</b>"),
    (".x{font-size:.5px} .x b{font:bold 12px/1 a}", "<p class=x><b>Tea</b>"),
    (".x{color:#fff", "<p style='color:#000' class=x>Tea"),
    (".x{color:#fff9;color:var(--a)}", "<p class=x>Tea"),
    (".x{color:#fff;color:windowtext}", "<p class=x>Tea"),
    (".x{display:none\\9}", "<p class=x>Tea"),
    (".x{font-size:0;font-size:calc(1px + 1vw)}", "<p class=x>Tea"),
    # What is behind the letters
    (".d{background:#123} .x{color:#fff}", "<div class=d><p class=x>Tea</div>"),
    (".d{background:#fff url(a.png)} .x{color:#fff}", "<div class=d><p class=x>Tea</div>"),
    (
        ".d{background-image:linear-gradient(red,blue)}",
        "<div class=d><p style='color:#fff'>Tea</div>",
    ),
    (".d{background:var(--a)} .x{color:#fff}", "<div class=d><p class=x>Tea</div>"),
    (".d{background:Highlight} .x{color:#fff}", "<div class=d><p class=x>Tea</div>"),
    ("", "<table><tr bgcolor=#333><td><font color=white>Tea</font></table>"),
    ("", "<table><tr><td bgcolor='navy' style='color:#fff'>Tea</table>"),
    ("th{background:#036;color:#fff}", "<table><tr><th>Tea</table>"),
    ("thead{background:#036} th{color:#fff}", "<table><thead><tr><th>Tea</table>"),
    ("tr:nth-child(odd){background:#036;color:#fff}", "<table><tr><td>Tea</table>"),
    ("", "<table background=a.png><tr><td style='color:#fff'>Tea</table>"),
    (
        "",
        "<table><colgroup><col style='background:#036'></colgroup><tr><td style='color:#fff'>Tea</table>",
    ),
    ("body{background:#036;color:#fff}", "<p>Tea"),
    ("html{background:#036} body{color:#fff}", "<p>Tea"),
    (".x{color:#fff} .x::before{content:'';position:absolute;background:#000}", "<p class=x>Tea"),
    (".x{color:#fff;box-shadow:0 0 9em #036}", "<p class=x>Tea"),
    (
        ".d{position:relative} .x{position:absolute;top:0;color:#fff}",
        "<div class=d><img src=a><p class=x>Tea</div>",
    ),
    (
        ".i{position:absolute;z-index:-1}",
        "<img class=i src=a><p style='position:relative;color:#fff'>Tea",
    ),
    (".x{margin-top:-40px;color:#fff}", "<img src=a><p class=x>Tea"),
    (".b{background:rgba(0,0,0,.6);color:#fff}", "<p class=b>Tea"),
    (".b{background:#000;color:rgba(255,255,255,.6)}", "<p class=b>Tea"),
    (".x{color:#fff;text-shadow:0 0 2px #000}", "<p class=x>Tea"),
    (".x{color:transparent;background:red;background-clip:text}", "<p class=x>Tea"),
    (".x{color:#fff;-webkit-text-fill-color:#000}", "<p class=x>Tea"),
    (".x{color:#f5f5f5}", "<p class=x>Tea"),
    (".x{color:#fff;mix-blend-mode:difference}", "<p class=x>Tea"),
    ("", "<button style='color:#fff'>Tea</button>"),
    ("", "<mark style='color:#fff'>Tea</mark>"),
    ("", "<meta name=color-scheme content='light dark'><p style='color:#fff'>Tea"),
    ("@import 'a.css'; .x{color:#fff}", "<p class=x>Tea"),
    ("", "<link rel=stylesheet href=a><p style='color:#fff'>Tea"),
    # Boxes
    (".x{left:-9999px}", "<p class=x>Tea"),
    (".x{position:absolute;left:50%;margin-left:-1000px;width:2000px}", "<p class=x>Tea"),
    (".x{position:absolute;left:-9999px;transform:translateX(9999px)}", "<p class=x>Tea"),
    (".x{clip:rect(0,0,0,0)}", "<p class=x>Tea"),
    (".x{max-height:0;overflow:hidden}", "<span class=x>Tea</span>"),
    (".x{max-height:0;overflow:hidden}", "<table class=x><tr><td>Tea</table>"),
    (".x{height:0;padding-bottom:56%;overflow:hidden}", "<div class=x>Tea</div>"),
    (".x{height:0;overflow:hidden} .x b{position:absolute}", "<div class=x><b>Tea</b></div>"),
    (".x{height:0;min-height:2em;overflow:hidden}", "<div class=x>Tea</div>"),
    (".x{height:0}", "<div class=x>Tea</div>"),
    (".x{line-height:0}", "<div class=x>Tea</div>"),
    (".x{transform:scale(0.5)}", "<div class=x>Tea</div>"),
    (".x{opacity:.3}", "<div class=x>Tea</div>"),
    (".x{opacity:0;animation:a 1s forwards}", "<div class=x>Tea</div>"),
    (".x{text-indent:-9999px} .x b{display:block;text-indent:0}", "<div class=x><b>Tea</b></div>"),
    (".x{font-size:9px}", "<p class=x>Tea"),
    ("html{font-size:62.5%} .x{font-size:1.2rem}", "<p class=x>Tea"),
    # As pages and mails are written
    ("", "<!--[if mso]><style>.x{display:none}</style><![endif]--><p class=x>Tea"),
    ("", "<!--[if !mso]><!--><p class=x>Tea</p><!--<![endif]-->"),
    ("", "<![if !mso]><p>Tea</p><![endif]>"),
    ("", "<details open><summary>Tea</summary></details>"),
    ("details{color:#333}", "<details><summary>Tea</summary></details>"),
    (".x{mso-hide:all}", "<p class=x>Tea"),
    (".x{color:#fff}", "<p><span class=x></span>Tea"),
    ("", "<p><span style='color:#fff'></p><p>Tea"),
    ("", "<font color=#fff><p></font>Tea"),
    ("", "<table><tr><td><font color=#fff><tr><td>Tea</table>"),
    ("", "<div style='display:none'><p></div>Tea"),
    ("", "<ul><li hidden><li>Tea</ul>"),
    ("", "<head><style>.x{display:none}</style><p>Tea"),
    ("", "<div style='display:table-cell;color:#000'>Tea</div>"),
]


def _page(style: str, body: str) -> str:
    return f"<!doctype html><html><head><style>{style}</style></head>{body}"


@pytest.mark.parametrize(("style", "body"), HIDDEN)
def test_words_that_nobody_sees_are_not_among_the_shown(style: str, body: str):
    """Whatever hides words, and wherever the page says so, they are no text of the page."""
    shown = texts_of_html(_page(style, body)).shown

    assert "99" not in shown
    assert "Tea" in shown


@pytest.mark.parametrize(("style", "body"), SHOWN)
def test_words_that_are_seen_are_read(style: str, body: str):
    """What only resembles a hidden text, or is not certain, is read."""
    texts = texts_of_html(_page(style, body))

    assert (texts.shown.strip(), texts.apart) == ("Tea", "")


@pytest.mark.parametrize(("style", "body"), [each for each in HIDDEN if each[0]])
def test_words_that_a_rule_hides_are_kept_apart(style: str, body: str):
    """The text of a page has them at its end, where no values are looked for."""
    if "style=" not in body:
        assert "99" in texts_of_html(_page(style, body)).apart


@pytest.mark.parametrize(
    ("style", "body"),
    [
        pytest.param(".x{display:none}" * 20_000, "", id="long"),
        pytest.param(".x{display:none} i ~ b{color:red}", "<b>a</b>" * 5_000, id="beside"),
    ],
)
def test_a_style_sheet_that_takes_too_long_to_follow_hides_nothing(style: str, body: str):
    """A page beyond the limits is shown as if it had no style sheet, and says so."""
    texts = texts_of_html(_page(style, f"<p class=x>Tea</p>{body}"))

    assert "too long" in texts.reason
    assert "Tea" in texts.shown


@pytest.mark.parametrize(
    ("selector", "body"),
    [
        pytest.param("p p p p p b", "<p><div>" * 100 + "<b>a</b>" * 300, id="deep"),
        pytest.param("b:has(~ i)", "<b>a</b>" * 600, id="has"),
        pytest.param("b[title~=z]", f"<b title='{'a ' * 10_000}'>a</b>", id="long attribute"),
    ],
)
def test_each_step_of_a_selector_is_counted(
    selector: str, body: str, monkeypatch: pytest.MonkeyPatch
):
    """A selector that looks far around an element ends at the limit; a low one shows it sooner."""
    monkeypatch.setattr("processors.detect.html.rules._MOST_STEPS", 50_000)
    style = ".x{display:none}" + f"{selector}{{color:red}}" * 300

    texts = texts_of_html(_page(style, f"<p class=x>Tea</p>{body}"))

    assert "too long" in texts.reason
    assert "Tea" in texts.shown


def test_what_is_behind_an_element_is_found():
    """`:has(~ …)` and `:has(+ …)` see the elements behind, and no others."""
    style = "i:has(~ b){display:none} s:has(+ u){display:none} b:has(~ i){display:none}"

    texts = texts_of_html(_page(style, "<i>one</i><s>two</s><u>three</u><b>four</b><i>five</i>"))

    assert texts.shown.split() == ["threefive"]


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("<p>Tea</p>", "Tea"),
        ("<p lang=de>Tee</p>", ""),
        ("<div lang=de-AT><p>Tee</p></div>", ""),
        ("<meta http-equiv=Content-Language content=de><p>Tee</p>", ""),
        ("<meta http-equiv=Content-Language content=en><p>Tea</p>", "Tea"),
    ],
)
def test_a_language_that_a_style_sheet_asks_for_is_known(page: str, shown: str):
    """An element has the language of those around it, or that of the page; most have none."""
    assert texts_of_html(f"<style>p:lang(de){{display:none}}</style>{page}").shown.strip() == shown


@pytest.mark.parametrize(
    "style",
    ["{" * 5_000, "a{" * 5_000, ":not(" * 5_000, ".x{color:" + "(" * 5_000, "@media " * 5_000],
)
def test_a_style_sheet_that_is_no_style_sheet_hides_nothing(style: str):
    """Nothing in a style sheet makes a page unreadable."""
    assert texts_of_html(_page(style, "<p class=x>Tea")).shown == "Tea"


def test_columns_stay_where_they_are_beside_a_cell_that_is_not_seen():
    """A cell in the color of the page takes its place in the row."""
    row = "<table><tr><td>a</td><td style='color:#fff'>b</td><td>c</td></table>"

    assert texts_of_html(row).shown.count("\t") == 6
