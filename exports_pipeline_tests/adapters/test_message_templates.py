"""The words of messages, in every form."""

import pytest

from exports_pipeline.adapters.message_filters import count, size
from exports_pipeline.adapters.message_templates import JinjaMessages
from exports_pipeline.core.delivery import Kind
from exports_pipeline.core.errors import InvalidMessageTemplate
from exports_pipeline.core.recipient import Channel

RESULT = {
    "job_id": "7",
    "dataset": "sales",
    "title": 'R&D <i> "x"',
    "format": "csv",
    "file_name": "sales.csv",
    "row_count": 1234,
    "file_size_bytes": 1500,
    "sha256": "ab" * 32,
    "difference": None,
    "changes": None,
    "remarks": ["3 cells were <shortened>"],
    "completed_at": "2026-03-29T00:30:00Z",
    "download_url": "https://e.test/d/abc?a=1&b=2",
    "download_url_expires_at": "2026-03-29T01:30:00Z",
}
NOTICE = {"title": "R&D <i>", "reason": "No <rows>.", "channel": "sftp", "tries": 8, "job_id": "7"}


def render(channel, kind=Kind.RESULT, facts=RESULT, *, folder=None, timezone="Europe/Prague"):
    return JinjaMessages(folder).render(kind, channel, facts, timezone=timezone)


def test_mail_tells_rows_size_and_times_in_the_zone_of_the_export():
    told = render(Channel.EMAIL)
    assert told.subject == 'R&D <i> "x": 1,234 rows, CSV'
    assert "1,234 rows, 1.5 kB, CSV" in told.text
    assert "https://e.test/d/abc?a=1&b=2" in told.text
    assert "until Sunday 29 March 2026, 03:30 CEST" in told.text
    assert "Made Sunday 29 March 2026, 01:30 CET" in told.text


def test_mail_in_html_escapes_what_it_quotes():
    html = render(Channel.EMAIL).html
    assert "R&amp;D &lt;i&gt;" in html
    assert 'href="https://e.test/d/abc?a=1&amp;b=2"' in html
    assert "&lt;shortened&gt;" in html
    assert "<i>" not in html


def test_telegram_gets_its_own_few_tags():
    html = render(Channel.TELEGRAM).html
    assert html.startswith("<b>R&amp;D &lt;i&gt; &#34;x&#34;</b> is ready")
    assert '<a href="https://e.test/d/abc?a=1&amp;b=2">Download</a>' in html


def test_slack_gets_mrkdwn_with_only_its_three_characters_escaped():
    text = render(Channel.SLACK).text
    assert text.startswith('*R&amp;D &lt;i&gt; "x"* is ready')
    assert "<https://e.test/d/abc?a=1&amp;b=2|Download>" in text


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.RESULT])
@pytest.mark.parametrize("channel", list(Channel))
def test_every_notice_is_told_on_every_channel(kind, channel):
    told = render(channel, kind, NOTICE)
    assert told.subject
    assert "\n" not in told.subject
    assert told.text
    assert told.html
    assert "&amp;lt;" not in told.text + told.html  # escaped twice
    assert "No <rows>" not in told.html


CHANGED = {
    "difference": {
        "rows_before": 9, "rows_after": 8, "added": 1, "removed": 2, "changed": 3,
        "columns_appeared": ["a<b"], "columns_vanished": ["c"],
        "totals": [{"column": "amount", "before": None, "after": "7.50"}],
    },
    "changes": {"row_count": 10_000, "total_rows": 12_345, "download_url": "https://e.test/d/abc/changes"},
}  # fmt: skip


@pytest.mark.parametrize("channel", list(Channel))
def test_what_has_changed_is_told_with_its_link_on_every_channel(channel):
    told = render(channel, facts=RESULT | CHANGED)
    forms = [told.text, told.html]
    for form in forms if channel is not Channel.TELEGRAM else forms[1:]:
        assert "1 row added, 2 removed, 3 changed since the last time (9 rows then); amount none → 7.50" in form
        assert "column c is gone." in form
        assert "https://e.test/d/abc/changes" in form
        assert "(the first 10,000 of 12,345 rows)" in form
    assert "a<b" not in told.html


def test_a_file_of_changes_that_is_whole_is_not_called_a_part():
    whole = CHANGED["changes"] | {"total_rows": 10_000}
    assert "the first" not in render(Channel.EMAIL, facts=RESULT | CHANGED | {"changes": whole}).text


def test_a_subject_stays_on_one_line():
    told = render(Channel.EMAIL, facts={**RESULT, "title": "a\r\nBcc: everybody@example.com"})
    assert told.subject.startswith("a Bcc: everybody@example.com: ")


def test_a_folder_replaces_one_block_and_keeps_the_others(tmp_path):
    own = '{% extends "built-in/result.j2" %}{% block subject %}Hier ist {{ title }}{% endblock %}'
    (tmp_path / "result.j2").write_text(own, encoding="utf-8")
    told = render(Channel.EMAIL, folder=tmp_path)
    assert told.subject == 'Hier ist R&D <i> "x"'
    assert "1,234 rows" in told.text


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ('{% extends "built-in/result.j2" %}{% block subject %}{{ no_such_fact }}{% endblock %}', "no_such_fact"),
        ("{% block subject %}", "end of template|end tag"),
        ('{% extends "elsewhere.j2" %}', "elsewhere"),
        ('{% extends "built-in/result.j2" %}{% block subject %}{{ title.__class__.mro() }}{% endblock %}', "unsafe"),
        ('{% extends "built-in/result.j2" %}{% block subject %}{{ row_count|count(5) }}{% endblock %}', "endswith"),
        ('{% include "result.j2" %}', "recursion"),
    ],
)
def test_a_template_that_cannot_be_followed_is_named_with_its_reason(tmp_path, template, reason):
    (tmp_path / "result.j2").write_text(template, encoding="utf-8")
    with pytest.raises(InvalidMessageTemplate, match=rf"result\.j2.*({reason})"):
        render(Channel.EMAIL, folder=tmp_path)


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1500, "1.5 kB"),
        (999_960, "1.0 MB"),
        (2_000_000, "2.0 MB"),
        (3 * 10**12, "3,000.0 GB"),
    ],
)
def test_sizes_in_words(size_bytes, words):
    assert size(size_bytes) == words


def test_counts_with_their_nouns():
    assert [count(1, "row"), count(0, "row"), count(12_345, "row"), count(2, "try"), count(7)] == [
        "1 row",
        "0 rows",
        "12,345 rows",
        "2 tries",
        "7",
    ]
