"""Whoever has linked a Telegram chat hears of a finished export."""

import httpx
import pytest

from exports_pipeline_tests.journey.running_stack import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def linked(stack):
    """A user whose chat is 42."""
    caller = stack.caller("linked")
    caller.completed(caller.export("airlines"))
    stack.sql("UPDATE users SET telegram_chat_id = '42' WHERE owner_key = 'linked'")
    return caller


@pytest.fixture
def blocked(bot_api):
    """The user has blocked the bot."""
    bot_api.answer = (403, {"description": "Forbidden: bot was blocked by the user"})
    yield
    bot_api.answer = (200, {})


def delivery_of(stack, job_id):
    rows = stack.sql("SELECT * FROM deliveries WHERE job_id = %s AND state IN ('sent', 'failed')", job_id)
    return rows[0] if rows else None


def test_a_message_arrives_with_title_rows_size_and_a_link_that_works(stack, linked, bot_api):
    job = linked.completed(linked.export("steady_rows", "parquet"))
    delivery = wait_until(lambda: delivery_of(stack, job["job_id"]))
    assert (delivery["state"], delivery["receipt"], delivery["tries"]) == ("sent", "1", 1)
    (message,) = bot_api.messages
    text = message["text"]
    assert message["chat_id"] == "42"
    assert "Steady rows &lt;b&gt;&amp;&lt;/b&gt;" in text
    assert "1,500,000 rows" in text
    assert f"{job['file_size_bytes'] / 1e6:.1f} MB" in text
    link = text.partition('href="')[2].partition('"')[0].replace("&amp;", "&")
    with httpx.stream("GET", link) as answer:
        assert answer.status_code == 200
        assert int(answer.headers["content-length"]) == job["file_size_bytes"]


def test_a_chat_that_refuses_the_bot_fails_the_delivery_and_not_the_export(stack, linked, blocked):
    job = linked.completed(linked.export("airlines"))
    delivery = wait_until(lambda: delivery_of(stack, job["job_id"]))
    assert (delivery["state"], delivery["tries"]) == ("failed", 1)
    assert "blocked" in delivery["last_error"]
    assert linked.look(job["job_id"])["status"] == "completed"
    wait_until(lambda: stack.run_of(job["job_id"])["status"] == "SUCCESS")
