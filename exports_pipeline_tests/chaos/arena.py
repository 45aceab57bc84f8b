"""The stack of a chaos run, over a proxy to an S3 server of its own and with a Telegram of its own."""

import shutil
import time
from contextlib import contextmanager
from pathlib import Path

from exports_pipeline.adapters.catalog import SAMPLE_CATALOG
from exports_pipeline_tests.chaos.s3_proxy import FaultyS3
from exports_pipeline_tests.chaos.s3_server import S3Server
from exports_pipeline_tests.chaos.wishes import USERS
from exports_pipeline_tests.journey.running_stack import RunningStack
from exports_pipeline_tests.telegram_bot_api import TOKEN, served_bot_api

LINKED = {"demo": "41", "UA": "42"}
"""Users with a Telegram chat."""
_HERE = Path(__file__).parent


class Arena:
    """Everything of a run that has processes and ports."""

    def __init__(self, stack, store, proxy, bot) -> None:
        self.stack, self.store, self.proxy, self.bot = stack, store, proxy, bot
        self.callers = {user: stack.caller(user) for user in USERS}

    def link_chats(self) -> None:
        """Give some users a chat; their rows are there once they have exported something."""
        for user, chat in LINKED.items():
            caller = self.callers[user]
            caller.completed(caller.export("airlines"))
            self.stack.sql("UPDATE users SET telegram_chat_id = %s WHERE owner_key = %s", chat, user)


@contextmanager
def arena(folder: Path, rng):
    """Start everything, and stop everything."""
    store = S3Server(folder / "s3")
    store.start()
    store.create_bucket()
    proxy = FaultyS3(store.port, rng)
    proxy.start()
    try:
        with served_bot_api() as bot:
            _remember_times(bot)
            told = store.environment | {"AWS_ENDPOINT_URL_S3": proxy.url}
            stack = RunningStack(
                folder / "home",
                EXPORTS_CATALOG=str(catalog(folder)),
                EXPORTS_SAMPLE_DAYS="120",
                TELEGRAM_BOT_TOKEN=TOKEN,
                TELEGRAM_API_URL=f"http://127.0.0.1:{bot.server_port}",
                **told,
            )
            try:
                stack.up()
                yield Arena(stack, store, proxy, bot)
            finally:
                stack.close()
    finally:
        proxy.stop()
        store.stop()


class _Timed(list):
    """Notes when each message came."""

    def append(self, message) -> None:
        super().append(message | {"at": time.time()})


def _remember_times(bot) -> None:
    bot.messages = _Timed()


def catalog(folder: Path) -> Path:
    """The catalogue of the sample, and datasets of the sizes that it lacks."""
    shutil.copytree(SAMPLE_CATALOG.parent / "sql", folder / "sql")
    for sql in (_HERE / "sql", _HERE.parent / "journey/sql"):
        shutil.copytree(sql, folder / "sql", dirs_exist_ok=True)
    path = folder / "catalog.yaml"
    path.write_text(SAMPLE_CATALOG.read_text() + (_HERE / "catalog_chaos.yaml").read_text())
    return path
