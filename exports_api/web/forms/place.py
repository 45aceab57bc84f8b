"""The part of a form that saves a new place: its fields by channel, and what they say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from starlette.datastructures import FormData

from exports_api.web import words
from exports_pipeline.core.destination_forms import FORMS, Blank
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.recipient import Channel
from exports_pipeline.usecases.save_destination import Draft

PLACE = "place."
"""What the names of these fields begin with."""
BY_ADDRESS: Sequence[str] = (Channel.EMAIL, Channel.SLACK, Channel.TELEGRAM, Channel.WEBHOOK)
"""The channels that need no saved place."""
_SAID: Mapping[str, str] = MappingProxyType({"name": "Name", "address": "Address"})


@dataclass(frozen=True, kw_only=True)
class Detail:
    """One thing to fill in."""

    name: str
    """Of its field."""
    title: str
    help: str
    kind: str
    """`text`, `password`, `number`, `tick` or `select`."""
    required: bool
    value: str
    choices: Sequence[str] = ()


def channels_of(ports: ExportPorts, among: Sequence[str] = tuple(FORMS)) -> dict[str, str]:
    """The channels that are set up here, with what people call them."""
    return {each: words.channel(each) for each in among if each in ports.senders}


def details_of(form: FormData, ports: ExportPorts) -> list[Detail]:
    """What there is to fill in for the chosen channel; nothing before one is chosen. Secrets are never given back."""
    channel = str(form.get(f"{PLACE}channel", ""))
    if channel not in channels_of(ports):
        return []
    asked = FORMS[Channel(channel)]
    details = [
        _detail("name", Blank(description="What you call it.", is_required=True), form),
        _detail("address", Blank(description=f"{asked.address}.".capitalize(), is_required=True), form),
    ]
    return details + [_detail(name, blank, form) for name, blank in asked.blanks.items()]


def draft_of(form: FormData) -> Draft:
    """The place that the fields describe; empty ones describe nothing."""
    channel = str(form.get(f"{PLACE}channel", ""))
    blanks = FORMS[Channel(channel)].blanks if channel in FORMS else {}
    options: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    for name, blank in blanks.items():
        text = str(form.get(PLACE + name, "")).strip()
        if text and blank.is_secret:
            secrets[name] = text
        elif text:
            options[name] = _value(blank, text)
    return Draft(
        name=str(form.get(f"{PLACE}name", "")).strip()[:100],
        channel=channel,
        address=str(form.get(f"{PLACE}address", "")).strip(),
        options=options,
        secrets=secrets,
    )


def place_of(field: str | None) -> str:
    """The field of the form that an error of a draft belongs to."""
    return PLACE + (field or "name").removeprefix("options.").removeprefix("secrets.")


def _detail(name: str, blank: Blank, form: FormData) -> Detail:
    kind = "tick" if blank.type is bool else "number" if blank.type is int else "text"
    kind = "select" if blank.one_of else "password" if blank.is_secret else kind
    return Detail(
        name=PLACE + name,
        title=_SAID.get(name, name.replace("_", " ").capitalize()),
        help=blank.description,
        kind=kind,
        required=blank.is_required,
        value="" if blank.is_secret else str(form.get(PLACE + name, "")),
        choices=blank.one_of,
    )


def _value(blank: Blank, text: str) -> Any:
    if blank.type is bool:
        return text == "true"
    return int(text) if blank.type is int and text.isdecimal() else text
