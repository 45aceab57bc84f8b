"""A server on loopback that behaves as Telegram's Bot API."""

import json

from exports_pipeline_tests.http_far_end import MoodyHandler, served

TOKEN = "123456:ABC"
BOT = {"id": 123456, "is_bot": True, "first_name": "Exports", "username": "exports_bot"}


class BotApi(MoodyHandler):
    """Answers as api.telegram.org does; `answer` of the server decides how."""

    refusal = b'{"ok": false, "error_code": 400, "description": "Bad Request: chat not found"}'

    def answer_to(self, body):
        fields, files = self.form(body)
        _, token, method = self.path.split("/")
        status, extra = self.server.answer
        if token != f"bot{TOKEN}":
            status, extra = 401, {"description": "Unauthorized"}
        elif method == "getMe":
            status, extra = 200, {"result": BOT}
        elif method == "getUpdates":
            since = int(fields.get("offset", 0))
            self.server.updates = [each for each in self.server.updates if each["update_id"] >= since]
            status, extra = 200, {"result": self.server.updates[:100]}
        elif status == 200:
            extra = {"result": self._take(method, {**fields, **files})}
        return status, json.dumps({"ok": status == 200, "error_code": status, **extra}).encode()

    def _take(self, method, fields):
        if method == "sendChatAction":
            return True
        self.server.messages.append(fields)
        chat = {"id": int(fields["chat_id"]), "type": "private"}
        return {"message_id": len(self.server.messages), "date": 1, "chat": chat}


def served_bot_api():
    """The server; its `messages` are what it took, and people's doings are added to its `updates`."""
    return served(BotApi, messages=[], updates=[], answer=(200, {}))


def pressed_start(number, chat, code=""):
    """The update of somebody who pressed start."""
    person = {"id": chat, "is_bot": False, "first_name": "Ann"}
    text = f"/start {code}".strip()
    message = {"message_id": number, "date": 1, "chat": {"id": chat, "type": "private"}, "from": person, "text": text}
    return {"update_id": number, "message": message}


def blocked(number, chat):
    """The update of somebody who blocked the bot."""
    person = {"id": chat, "is_bot": False, "first_name": "Ann"}
    change = {
        "chat": {"id": chat, "type": "private"},
        "from": person,
        "date": 1,
        "old_chat_member": {"user": BOT, "status": "member"},
        "new_chat_member": {"user": BOT, "status": "kicked", "until_date": 0},
    }
    return {"update_id": number, "my_chat_member": change}
