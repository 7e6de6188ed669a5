"""One child process, from its parent's side: started, told of documents, ended with all it started.

Both sides leave what they say in a file and wake the other with one byte, so that no child can keep its parent
waiting in the middle of a message.
"""

import json
import multiprocessing
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

from processors.contract import ReadSettings
from processors.sandbox import answers as _answers, child as _child, process_family as _family
from processors.sandbox.confinement import Granted
from processors.sandbox.output import ProtocolError

_PARTING_S = 5.0
_BLINK_S = 0.02
_LOOK_S = 1.0
_START_S = 120.0  # for a child that must import everything on a busy machine


class Ended(Exception):
    """The child is gone; `code` is how, as `multiprocessing` tells it: negative numbers are signals."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"ended with {code}")
        self.code = code


class ChildProcess:
    """A child at work in its folders. `warm` lets it load the OCR engine before it says that it is ready.

    `who` is as the system tells it, `taken` whether the child has begun with the document it was told of last.
    """

    def __init__(
        self,
        settings: ReadSettings,
        folders: "_child.Folders",
        job: "_child.Job | None",
        *,
        warm: bool,
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self._folders = folders
        self._start_s = _START_S + (settings.limits.wall_s if warm else 0)
        self._line, theirs = context.Pipe()
        self._process = context.Process(
            target=_child.serve,
            args=(settings, folders, job, theirs, warm),
            name="caspio-ingest-child",
            daemon=True,
        )
        self._process.start()
        theirs.close()
        self._starting = threading.Lock()
        self._granted: Granted | None = None
        self.who = _family.Who(self._process.pid or 0, "")
        self._network: int | None = None
        self.taken = False

    def ready(self) -> Granted:
        """Wait until the child has given up what it does not need, and return what it was granted.

        Raises:
            Ended: it died before, or did not come so far.
        """
        with self._starting:
            end = time.monotonic() + self._start_s
            while self._granted is None:
                if self.wait(_LOOK_S):
                    self._network = _family.held_network(self.who.pid)
                    self.who = _family.seen(self.who.pid)
                    self._granted = self._greeting()
                elif time.monotonic() > end:
                    raise Ended(None)
            return self._granted

    def _greeting(self) -> Granted:
        try:
            answer = self.answer()
        except ProtocolError as exc:
            raise Ended(None) from exc
        if not isinstance(answer, Granted):
            raise Ended(None)
        return answer

    def tell(self, document: Path, name: str, own: Path) -> None:
        """Hand over a document; raises Ended."""
        request = json.dumps([str(document), name, str(own)])
        self.taken = False
        _child.request_file(self._folders).write_text(request, encoding="utf-8")
        try:
            os.write(self._line.fileno(), b".")
        except OSError as exc:
            raise Ended(self._last_words()) from exc

    def wait(self, seconds: float) -> bool:
        """Say whether the child has answered within so many seconds; raises Ended."""
        if self._line.poll(seconds):
            said = self._byte()
            if said == _child.TAKEN and not self.taken:
                self.taken = True
                return False
            if said == _child.ANSWERED:
                return True
            raise Ended(None if said else self._last_words())
        # Programs it started may hold its end of the line open.
        if not self._process.is_alive():
            raise Ended(self._process.exitcode)
        return False

    def _byte(self) -> bytes:
        try:
            return os.read(self._line.fileno(), 1)
        except OSError:
            return b""

    def answer(self) -> _answers.Answer:
        """Return what the child has answered; raises ProtocolError."""
        return _answers.read(_child.answer_file(self._folders))

    def end(self) -> None:
        """End the child and everything it started."""
        with suppress(OSError, ValueError):
            self._process.kill()
        self._last_words()
        _family.end_programs(self.who)
        held, self._network = self._network, None
        if held is not None:
            os.close(held)

    def _last_words(self) -> int | None:
        """Return the exit code, waiting a little for it; `join` would wait for a child that only looks dead."""
        pause = threading.Event()
        end = time.monotonic() + _PARTING_S
        while (code := self._process.exitcode) is None and time.monotonic() < end:
            pause.wait(_BLINK_S)
        return code
