"""Chromium without a screen, driven over its DevTools protocol as a user would drive it: open, click, type, look."""

import base64
import itertools
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.support.processes import end

PROGRAM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
WAIT_S = 240.0
_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-port=0",
    "--disable-dev-shm-usage", "--disable-extensions", "--force-color-profile=srgb",
)  # fmt: skip
_KEY_CODES = {"Enter": 13, "Tab": 9, "Escape": 27}
_GONE = "Inspected target navigated"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", ""})

# What a user sees of an element: itself, not its hidden twin. The innermost and last drawn one is
# the one on top.
_FIND = """
(text, exact, role) => {
  const seen = e => { const r = e.getBoundingClientRect(); return r.width > 0 && r.height > 0; };
  const said = e => (e.getAttribute('aria-label') || e.innerText || e.placeholder || '').trim();
  const fits = e => exact ? said(e) === text : said(e).includes(text);
  const all = [...document.querySelectorAll(role || '*')].filter(e => seen(e) && fits(e));
  const inner = all.filter(e => !all.some(o => o !== e && e.contains(o)));
  return inner.length ? inner[inner.length - 1] : null;
}
"""


class NotShown(AssertionError):
    """What was waited for never appeared; the message has the page's text."""


class PageGone(RuntimeError):
    """The page that was asked gave way to another one meanwhile."""


@dataclass
class Page:
    """One tab.

    `errors` are exceptions, console errors and failed requests to this machine, in the page's own
    words.
    """

    socket: ClientConnection
    errors: list[str] = field(default_factory=list)
    outside: set[str] = field(default_factory=set)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Give a command and return its result; what happens meanwhile is noted."""
        number = next(self._ids)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv(timeout=WAIT_S))
            if message.get("id") == number:
                if message.get("error", {}).get("message", "").startswith(_GONE):
                    raise PageGone(method)
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                result: dict[str, Any] = message["result"]
                return result
            self._note(message)

    def _note(self, message: dict[str, Any]) -> None:
        params = message.get("params", {})
        match message.get("method"):
            case "Runtime.exceptionThrown":
                details = params["exceptionDetails"]
                self.errors.append(
                    f"exception: {details.get('exception', {}).get('description', details['text'])}"
                )
            case "Runtime.consoleAPICalled" if params["type"] == "error":
                said = " ".join(
                    str(arg.get("value", arg.get("description", ""))) for arg in params["args"]
                )
                self.errors.append(f"console: {said}")
            case "Log.entryAdded" if params["entry"]["level"] == "error":
                entry = params["entry"]
                if urlsplit(entry.get("url", "")).hostname in {None, *_LOOPBACK}:
                    self.errors.append(f"{entry['source']}: {entry['text']} {entry.get('url', '')}")
            case "Network.requestWillBeSent":
                host = urlsplit(params["request"]["url"]).hostname or ""
                self.outside |= {host} - _LOOPBACK

    def run(self, expression: str) -> Any:
        """Evaluate JavaScript and return its value."""
        done = self.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in done:
            raise RuntimeError(f"{expression}: {done['exceptionDetails']}")
        return done["result"].get("value")

    def open(self, url: str) -> None:
        """Go to an address."""
        self.send("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'", "the page to load")

    @property
    def text(self) -> str:
        """Return what the page says."""
        return str(self.run("document.body.innerText"))

    def wait(self, condition: str, what: str, *, timeout_s: float = WAIT_S) -> None:
        """Wait until JavaScript is true."""
        until = time.monotonic() + timeout_s
        while not self._holds(condition):
            if time.monotonic() > until:
                raise NotShown(
                    f"waited {timeout_s:.0f} s for {what}; the page says:\n{self.text[:3000]}"
                )
            time.sleep(0.1)

    def _holds(self, condition: str) -> bool:
        try:
            return bool(self.run(condition))
        except PageGone:  # another page comes: it is asked next
            return False

    def see(self, *texts: str, timeout_s: float = WAIT_S) -> None:
        """Wait until the page says all of this."""
        for text in texts:
            self.wait(
                f"(document.body?.innerText ?? '').includes({json.dumps(text)})",
                repr(text),
                timeout_s=timeout_s,
            )

    def click(self, text: str, *, exact: bool = True, role: str = "") -> None:
        """Press what says this, once it is there, with the mouse."""
        found = f"({_FIND})({json.dumps(text)}, {json.dumps(exact)}, {json.dumps(role)})"
        self.wait(f"!!{found}", f"{text!r} to press")
        self._press(found)

    def press(self, selector: str) -> None:
        """Press the first element of a CSS selector, once it is there, with the mouse."""
        found = f"document.querySelector({json.dumps(selector)})"
        self.wait(f"!!{found}", f"{selector} to press")
        self._press(found)

    def _press(self, found: str) -> None:
        """Press an element once it rests where the mouse would meet it: menus slide, and what is above goes away."""
        place = f"(() => {{ const e = {found}; if (!e) return null; e.scrollIntoView({{block: 'nearest'}});"
        place += (
            " const r = e.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2;"
        )
        place += " const top = document.elementFromPoint(x, y); return [x, y, e.contains(top) || top?.contains(e)]; })()"
        before, until = None, time.monotonic() + WAIT_S
        while (now := self.run(place)) is None or not now[2] or now != before:
            if time.monotonic() > until:
                raise NotShown(
                    f"{found} never comes to rest in sight; the page says:\n{self.text[:3000]}"
                )
            before = now
            time.sleep(0.15)
        self.send("Input.dispatchMouseEvent", type="mouseMoved", x=now[0], y=now[1])
        for kind in ("mousePressed", "mouseReleased"):
            self.send(
                "Input.dispatchMouseEvent",
                type=kind,
                x=now[0],
                y=now[1],
                button="left",
                clickCount=1,
            )

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.send("Input.insertText", text=text)

    def key(self, name: str) -> None:
        """Press a key: a character, or one such as Enter or End."""
        # Without its text, Enter presses no button and a letter is not typed.
        text = {"Enter": "\r", "Tab": ""}.get(name, name if len(name) == 1 else "")
        more: dict[str, Any] = {"text": text} if text else {}
        if name in _KEY_CODES:
            more["windowsVirtualKeyCode"] = _KEY_CODES[name]
        for kind in ("keyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=name, code=name, **more)

    def size(self, width: int, height: int) -> None:
        """Set the window's size in CSS pixels."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def settle(self) -> None:
        """Wait until the page has been the same for a second: charts and drawers slide into their place."""
        before, now = "", self.send("Page.captureScreenshot", format="png")["data"]
        until = time.monotonic() + 60
        while before != now and time.monotonic() < until:
            time.sleep(1.0)
            before, now = now, self.send("Page.captureScreenshot", format="png")["data"]

    def picture(self, target: Path) -> None:
        """Take a picture of what the window shows."""
        target.write_bytes(
            base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"])
        )


@contextmanager
def browser(*, width: int = 1400, height: int = 1000) -> Iterator[Page]:
    """Open a browser with one tab that reaches this machine only.

    Everything else is refused at once.
    """
    assert PROGRAM is not None
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as name:
        flags = [
            *_FLAGS,
            f"--user-data-dir={name}",
            "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
        ]
        with (Path(name) / "log").open("wb") as log:
            process = subprocess.Popen([PROGRAM, *flags, "about:blank"], stdout=log, stderr=log)
        try:
            with connect(
                _address(Path(name), process), max_size=None, ping_interval=None
            ) as socket:
                page = Page(socket)
                for domain in ("Page", "Runtime", "Log", "Network"):
                    page.send(f"{domain}.enable")
                page.size(width, height)
                yield page
        finally:
            end(process)


def _address(folder: Path, process: "subprocess.Popen[bytes]") -> str:
    """Return the address that the tab is driven at."""
    until = time.monotonic() + WAIT_S
    reported = folder / "DevToolsActivePort"
    while time.monotonic() < until and process.poll() is None:
        lines = reported.read_text(encoding="utf-8").splitlines() if reported.is_file() else []
        if len(lines) > 1:
            tabs = httpx.get(
                f"http://127.0.0.1:{lines[0]}/json/list", trust_env=False, timeout=WAIT_S
            ).json()
            return str(next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"))
        time.sleep(0.1)
    raise RuntimeError(
        f"Chromium did not start: {(folder / 'log').read_text(errors='replace')[-2000:]}"
    )
