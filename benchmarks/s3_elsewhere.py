"""An S3 that costs next to nothing, in place of one on other machines: it keeps the parts as files and checks nothing.

`python -m benchmarks.s3_elsewhere PORT FOLDER`
"""

import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

_IDS = count(1)
_BUFFER = 1 << 20


class Handler(BaseHTTPRequestHandler):
    """Answers what an upload asks: create, put a part, complete, abort, put an object, delete."""

    protocol_version = "HTTP/1.1"
    folder: Path

    def do_PUT(self) -> None:
        """Keep a part, or a whole object, in a file."""
        query = self._query()
        target = self._target(query.get("uploadId", [""])[0], query.get("partNumber", ["whole"])[0])
        left = int(self.headers["Content-Length"])
        buffer = memoryview(bytearray(min(left, _BUFFER)))
        if self.headers.get("Expect"):
            self.send_response_only(100)
            self.end_headers()
        with target.open("wb", buffering=0) as file:
            while left:
                taken = self.rfile.readinto1(buffer[: min(left, len(buffer))])
                file.write(buffer[:taken])
                left -= taken
        self._answer({"ETag": f'"{target.name}"'})

    def do_POST(self) -> None:
        """Begin or end an upload."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        root = "InitiateMultipartUploadResult" if "uploads" in self._query() else "CompleteMultipartUploadResult"
        self._answer({}, f"<{root}><UploadId>{next(_IDS)}</UploadId><ETag>x</ETag></{root}>".encode())

    def do_DELETE(self) -> None:
        """Forget everything."""
        for file in self.folder.iterdir():
            file.unlink()
        self._answer({})

    def do_HEAD(self) -> None:
        """Be there."""
        self._answer({})

    def log_message(self, *_arguments: object) -> None:
        """Keep silent."""

    def _query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.path).query, keep_blank_values=True)

    def _target(self, upload_id: str, part: str) -> Path:
        return self.folder / re.sub(r"\W+", "_", f"{upload_id}_{part}")

    def _answer(self, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(200)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    Handler.folder = Path(sys.argv[2])
    Handler.folder.mkdir(parents=True, exist_ok=True)
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
