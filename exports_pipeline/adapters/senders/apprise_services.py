"""Which of Apprise's services may be used, and how one of them is made of a URL."""

from collections.abc import Mapping
from importlib import import_module
from urllib.parse import parse_qsl, urlsplit

import apprise
from apprise.exception import AppriseImproperlyConfigured

from exports_pipeline.core.errors import DeliveryRefused

HOSTED: Mapping[str, str] = {
    "discord": "discord.NotifyDiscord",
    "gchat": "google_chat.NotifyGoogleChat",
    "ifttt": "ifttt.NotifyIFTTT",
    "line": "line.NotifyLine",
    "opsgenie": "opsgenie.NotifyOpsgenie",
    "pagerduty": "pagerduty.NotifyPagerDuty",
    "pbul": "pushbullet.NotifyPushBullet",
    "pover": "pushover.NotifyPushover",
    "prowl": "prowl.NotifyProwl",
    "pushy": "pushy.NotifyPushy",
    "signl4": "signl4.NotifySIGNL4",
    "spush": "simplepush.NotifySimplePush",
    "twilio": "twilio.NotifyTwilio",
    "twist": "twist.NotifyTwist",
    "webex": "webexteams.NotifyWebexTeams",
}
"""Schemes whose hosts are their makers', written into Apprise."""
SELF_HOSTED: Mapping[str, str] = {
    "apprises": "apprise_api.NotifyAppriseAPI",
    "forms": "custom_form.NotifyForm",
    "gotifys": "gotify.NotifyGotify",
    "hassios": "home_assistant.NotifyHomeAssistant",
    "jsons": "custom_json.NotifyJSON",
    "mmosts": "mattermost.NotifyMattermost",
    "nctalks": "nextcloudtalk.NotifyNextcloudTalk",
    "ntfys": "ntfy.NotifyNtfy",
    "rockets": "rocketchat.NotifyRocketChat",
    "synologys": "synology.NotifySynology",
    "xmls": "custom_xml.NotifyXML",
}
"""Schemes that name a host, and speak TLS to it; without the s, they do not."""
_NOT_THEIRS_TO_SET = frozenset({"verify", "redirect", "rto", "cto", "retry", "wait", "store", "template", "attach"})
"""What a URL could turn off, prolong, or have read from this machine."""


def read_service(url: str, asset: apprise.AppriseAsset) -> apprise.NotifyBase:
    """The service that a URL describes.

    Apprise's own way from URL to service loads all its plugins, among them those that talk to the desktop, run
    programs and read files; so the few that stay on the web are loaded by name.

    Raises:
        DeliveryRefused: the URL is of another service, sets what it may not, or cannot be read; never repeats it.
    """
    scheme, asked = _parts_of(url)
    named = HOSTED.get(scheme) or SELF_HOSTED.get(scheme) or SELF_HOSTED.get(f"{scheme}s")
    if named is None:
        listed = ", ".join(sorted([*HOSTED, *SELF_HOSTED]))
        raise DeliveryRefused(f"Apprise URLs of the scheme {scheme[:40]!r} are not used here; there are: {listed}.")
    if forbidden := sorted(asked & _NOT_THEIRS_TO_SET):
        raise DeliveryRefused(f"An Apprise URL may not set {', '.join(forbidden)} here.")
    module, _, name = named.partition(".")
    plugin = getattr(import_module(f"apprise.plugins.{module}"), name)
    try:
        service = plugin(asset=asset, **(plugin.parse_url(url) or {}))
    except (AppriseImproperlyConfigured, TypeError, ValueError):
        service = None
    if not isinstance(service, apprise.NotifyBase):
        raise DeliveryRefused("Apprise cannot read this URL; compare it with the service's page in its manual.")
    return service


def is_self_hosted(url: str, service: apprise.NotifyBase) -> bool:
    """Whether the URL says which host is posted to; ntfy's may name a topic of the public server instead."""
    return _parts_of(url)[0] not in HOSTED and getattr(service, "mode", None) != "cloud"


def _parts_of(url: str) -> tuple[str, set[str]]:
    """The scheme and the names in the query of a URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise DeliveryRefused("Apprise cannot read this URL.") from None
    return parts.scheme.lower(), {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
