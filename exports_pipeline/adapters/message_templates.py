"""The words of messages: Jinja templates, one file for each kind of message, one block for each form of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader, StrictUndefined
from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from exports_pipeline.adapters.message_filters import FILTERS
from exports_pipeline.core.delivery import Kind
from exports_pipeline.core.errors import InvalidMessageTemplate
from exports_pipeline.core.message import Wording
from exports_pipeline.core.recipient import Channel

_FAULTS = (TemplateError, ArithmeticError, AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError)
"""What a template, a filter it calls wrongly, or a file we may not read, can raise."""
BUILT_IN = "built-in"
"""What a template of one's own extends: `{% extends "built-in/result.j2" %}`."""


class JinjaMessages:
    """`MessageTemplates` over the built-in templates and a folder that may replace any of them, or a block of it.

    Values are escaped for the form they stand in: HTML for mail and Telegram, mrkdwn for Slack, nothing in plain text.
    """

    def __init__(self, folder: Path | None = None) -> None:
        built_in = PackageLoader("exports_pipeline", "messages")
        own: list[BaseLoader] = [FileSystemLoader(folder)] if folder is not None else []
        loader = ChoiceLoader([*own, built_in, PrefixLoader({BUILT_IN: built_in})])
        self._plain = _environment(loader)
        self._html = _environment(loader, autoescape=True)

    def render(self, kind: Kind, channel: Channel, facts: Mapping[str, Any], *, timezone: str) -> Wording:
        """What a message of some kind says on a channel, times shown in a zone.

        Raises:
            InvalidMessageTemplate: a template of the deployment's own cannot be followed.
        """
        words = {**facts, "timezone": timezone}
        html = "telegram" if channel is Channel.TELEGRAM else "mail"
        is_slack = channel is Channel.SLACK
        return Wording(
            subject=" ".join(_rendered(self._plain, kind, "subject", words).split()),
            text=_as_mrkdwn(_rendered(self._html, kind, "slack", words))
            if is_slack
            else _rendered(self._plain, kind, "text", words),
            html=_rendered(self._html, kind, html, words),
        )


def _environment(loader: BaseLoader, *, autoescape: bool = False) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=autoescape
    )
    environment.filters.update(FILTERS)
    environment.globals["card"] = environment.get_template(f"{BUILT_IN}/card.j2").module
    return environment


def _rendered(environment: ImmutableSandboxedEnvironment, kind: Kind, form: str, words: Mapping[str, Any]) -> str:
    try:
        return environment.get_template(f"{kind}.j2").render(words, form=form).strip()
    except _FAULTS as error:
        reason = str(error) or type(error).__name__
        raise InvalidMessageTemplate(f"The message template {kind}.j2 cannot be followed: {reason}") from error


def _as_mrkdwn(escaped: str) -> str:
    """HTML without markup as Slack wants it: escaped like HTML, but for quotes."""
    return escaped.replace("&#34;", '"').replace("&#39;", "'")
