"""A real S3 protocol on loopback: moto behind a gate that verifies SigV4, which moto itself does not."""

import hashlib
from datetime import UTC, datetime, timedelta
from threading import Thread
from urllib.parse import parse_qsl, quote, urlencode

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.core.base_backend import BackendDict
from moto.moto_server.werkzeug_app import MotoRequestHandler, create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import make_server

from exports_pipeline.adapters.s3_client import make_s3_client

ACCESS_KEY, SECRET_KEY, REGION = "AKIATESTTESTTEST", "a secret of tests", "eu-central-1"
_BODY = "<Error><Code>{code}</Code><Message>{code}</Message></Error>"


class S3Gate:
    """A WSGI server on 127.0.0.1; `now` is its clock and `refuse` may answer a request with an error."""

    def __init__(self) -> None:
        self.now = lambda: datetime.now(UTC)
        self.refuse = lambda _method, _query: None
        """Called with method and query; what it returns, `(403, "AccessDenied")`, is answered."""
        self.requests: list[tuple[str, str]] = []
        """Method and query of every request."""
        self._moto = create_backend_app("s3")
        self._server = make_server("127.0.0.1", 0, self, threaded=True, request_handler=MotoRequestHandler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def client(self, secret_key: str = SECRET_KEY):
        return make_s3_client(region=REGION, endpoint_url=self.url, access_key=ACCESS_KEY, secret_key=secret_key)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(10)
        self._server.server_close()
        _forget(s3_backends)

    def __call__(self, environ, start_response):
        method, query = environ["REQUEST_METHOD"], environ.get("QUERY_STRING", "")
        self.requests.append((method, query))
        refusal = self.refuse(method, query) or self._verify(environ)
        if refusal is None:
            return self._moto(environ, start_response)
        status, code = refusal
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        body = _BODY.format(code=code).encode()
        start_response(f"{status} {code}", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
        return [body]

    def _verify(self, environ):
        query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        if "X-Amz-Signature" in query:
            return self._verify_url(environ, query)
        header = environ.get("HTTP_AUTHORIZATION", "")
        if not header.startswith("AWS4-HMAC-SHA256 "):
            return 403, "AccessDenied"
        parts = dict(part.strip().split("=", 1) for part in header.split(" ", 1)[1].split(","))
        request = self._signed(environ, parts["SignedHeaders"].split(";"), query)
        request.context["timestamp"] = environ["HTTP_X_AMZ_DATE"]
        stamped = _instant(environ["HTTP_X_AMZ_DATE"])
        if abs(self.now() - stamped) > timedelta(minutes=15):
            return 403, "RequestTimeTooSkewed"
        return _compare(S3SigV4Auth, request, parts["Credential"], parts["Signature"])

    def _verify_url(self, environ, query):
        signature = query.pop("X-Amz-Signature")
        request = self._signed(environ, query["X-Amz-SignedHeaders"].split(";"), query)
        request.context["timestamp"] = query["X-Amz-Date"]
        age = self.now() - _instant(query["X-Amz-Date"])
        if age > timedelta(seconds=int(query["X-Amz-Expires"])):
            return 403, "AccessDenied"
        return _compare(S3SigV4QueryAuth, request, query["X-Amz-Credential"], signature)

    def _signed(self, environ, names, query):
        """The request as the client signed it."""
        path = quote(environ["PATH_INFO"].encode("latin-1"), safe="/-_.~")
        url = f"http://{environ['HTTP_HOST']}{path}?{urlencode(query, quote_via=quote)}"
        headers = {name: environ.get(_cgi(name), "") for name in names}
        return AWSRequest(method=environ["REQUEST_METHOD"], url=url, headers=headers)


def _compare(kind, request, credential, signature):
    key_id, _, region, service, _ = credential.split("/")
    if key_id != ACCESS_KEY:
        return 403, "InvalidAccessKeyId"
    arguments = {"expires": 0} if kind is S3SigV4QueryAuth else {}
    auth = kind(Credentials(ACCESS_KEY, SECRET_KEY), service, region, **arguments)
    expected = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    return None if expected == signature else (403, "SignatureDoesNotMatch")


def _cgi(name: str) -> str:
    plain = name.upper().replace("-", "_")
    return plain if plain in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{plain}"


def _instant(stamp: str) -> datetime:
    return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _forget(backends: BackendDict) -> None:
    for backend in backends.values():
        for region in backend.values():
            region.reset()


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
