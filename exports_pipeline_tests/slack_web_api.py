"""A server on loopback that behaves as Slack's Web API."""

import json
from urllib.parse import parse_qs

from exports_pipeline_tests.http_far_end import MoodyHandler, served

TOKEN = "xoxb-123-456-ABC"
CHANNELS = {"C0123456789": "C0123456789", "#exports": "C0123456789", "U0123456789": "D0123456789"}
"""What a message may be addressed to, and the channel in which it is then."""


class WebApi(MoodyHandler):
    """Answers as slack.com/api does; `answers` of the server overrule it by method."""

    refusal = b'{"ok": false, "error": "not_in_channel"}'

    def answer_to(self, body):
        method = self.path.removeprefix("/api/")
        self.server.calls.append(method)
        if method.startswith("upload/"):
            self.server.uploads[method.removeprefix("upload/")]["body"] = body
            return 200, b"OK - %d" % len(body)
        asked = self._asked(body)
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            answer = {"ok": False, "error": "invalid_auth"}
        elif method in self.server.answers:
            return self._overruled(*self.server.answers[method])
        else:
            answer = getattr(self, method.replace(".", "_"))(asked)
        return 200, json.dumps({"ok": "error" not in answer, **answer}).encode()

    def _asked(self, body):
        if self.headers.get("Content-Type", "").startswith("application/json"):
            return json.loads(body or b"{}")
        return {name: values[0] for name, values in parse_qs(body.decode()).items()}

    def _overruled(self, status, answer, headers=()):
        return status, json.dumps(answer).encode(), headers

    def auth_test(self, _asked):
        return {"user": "exports", "team": "Acme"}

    def chat_postMessage(self, asked):  # noqa: N802 - the API's name
        if asked["channel"] not in CHANNELS:
            return {"error": "channel_not_found"}
        at = f"1700000000.{len(self.server.messages):06}"
        self.server.messages.append({**asked, "channel": CHANNELS[asked["channel"]], "ts": at, "files": {}})
        return {"channel": CHANNELS[asked["channel"]], "ts": at}

    def chat_delete(self, asked):
        self.server.messages[:] = [each for each in self.server.messages if each["ts"] != asked["ts"]]
        return {}

    def chat_scheduleMessage(self, asked):  # noqa: N802 - the API's name
        if asked["channel"] not in CHANNELS:
            return {"error": "channel_not_found"}
        self.server.scheduled.append(asked)
        return {"channel": CHANNELS[asked["channel"]], "scheduled_message_id": "Q1"}

    def chat_deleteScheduledMessage(self, asked):  # noqa: N802 - the API's name
        assert asked["scheduled_message_id"] == "Q1"
        self.server.scheduled.clear()
        return {}

    def files_getUploadURLExternal(self, asked):  # noqa: N802 - the API's name
        file_id = f"F{len(self.server.uploads)}"
        self.server.uploads[file_id] = {"name": asked["filename"], "length": int(asked["length"])}
        return {"file_id": file_id, "upload_url": f"http://127.0.0.1:{self.server.server_port}/api/upload/{file_id}"}

    def files_completeUploadExternal(self, asked):  # noqa: N802 - the API's name
        files = json.loads(asked["files"])
        uploads = [self.server.uploads[file["id"]] for file in files]
        if any(len(upload.get("body", b"")) != upload["length"] for upload in uploads):
            return {"error": "file_not_found"}
        for message in self.server.messages:
            if (message["channel"], message["ts"]) == (asked["channel_id"], asked["thread_ts"]):
                message["files"] |= {upload["name"]: upload["body"] for upload in uploads}
                return {"files": files}
        return {"error": "invalid_channel"}


def served_web_api():
    """The server; its `messages` are what a channel shows, `calls` the methods that were asked for."""
    return served(WebApi, messages=[], scheduled=[], uploads={}, calls=[], answers={})
