"""The Telegram bot in memory."""

from exports_pipeline.core.telegram import News


class FakeBot:
    """`TelegramBot` that knows what happened."""

    def __init__(self):
        self.starts, self.stopped, self.said = [], [], []

    def name(self):
        return "exports_bot"

    def news(self, offset):
        return News(starts=self.starts, stopped=self.stopped, offset=offset + 1)

    def answer(self, chat, text):
        self.said.append((chat, text))
