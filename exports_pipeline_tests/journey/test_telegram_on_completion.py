"""Whoever has linked a Telegram chat hears of a finished export."""

import httpx
import pytest

from exports_pipeline_tests.journey.running_stack import wait_until
from exports_pipeline_tests.telegram_bot_api import pressed_start

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def linked(stack, bot_api):
    """A user whose chat is 42: invited, and start was pressed."""
    caller = stack.caller("linked")
    linking = "/api/analytics/me/telegram"
    code = caller.http.post(linking).json()["url"].partition("?start=")[2]
    bot_api.updates.append(pressed_start(len(bot_api.messages) + 1, 42, code))
    wait_until(lambda: caller.http.get(linking).json()["linked"])
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
    assert (delivery["state"], delivery["tries"]) == ("sent", 1)
    message = bot_api.messages[int(delivery["receipt"]) - 1]
    text = message["text"]
    assert message["chat_id"] == "42"
    assert "Steady rows &lt;b&gt;&amp;&lt;/b&gt;" in text
    assert "1,500,000 rows" in text
    assert f"{job['file_size_bytes'] / 1e6:.1f} MB" in text
    link = text.partition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert link.startswith(f"{stack.api_url}/d/")
    with httpx.stream("GET", link, follow_redirects=True) as answer:
        assert answer.status_code == 200
        assert int(answer.headers["content-length"]) == job["file_size_bytes"]


def test_a_chat_that_refuses_the_bot_fails_the_delivery_and_not_the_export(stack, linked, blocked):
    job = linked.completed(linked.export("airlines"))
    delivery = wait_until(lambda: delivery_of(stack, job["job_id"]))
    assert (delivery["state"], delivery["tries"]) == ("failed", 1)
    assert "blocked" in delivery["last_error"]
    assert linked.look(job["job_id"])["status"] == "completed"
    assert linked.http.get("/api/analytics/me/telegram").json() == {"linked": False}
    wait_until(lambda: stack.run_of(job["job_id"])["status"] == "SUCCESS")
