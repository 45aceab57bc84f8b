"""Somebody who does everything that the API lets one do, by their own words, and an administrator who helps."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from exports_api.tokens import make_token
from exports_pipeline.core.telegram import Start
from exports_pipeline.usecases.link_telegram import read_news
from exports_pipeline.usecases.note_catalog import note_catalog
from exports_pipeline_tests.api_client import SECRET, ApiClient, run, token_of
from exports_pipeline_tests.marked import BOB

API = "/api/analytics"
EXPORT = {
    "dataset_id": "sales",
    "format": "csv",
    "account_ids": ["2"],
    "tag_ids": ["mark_row"],
    "labels": {"list": "mark_label", "plan": "mark_label"},
    "unmask_reason": "Ticket 4711",
}
REPORT = {
    "template": "metrics_summary",
    "params": {"dataset": "sales", "by": "kind", "period": "all", "where": ["kind = mark_row"]},
}
TO_ONESELF = [{"channel": "email", "address": "mark_mail@example.com"}]
SCHEDULE = {
    "name": "mark_plan",
    "kind": "export",
    "body": {name: EXPORT[name] for name in ("dataset_id", "account_ids", "tag_ids")},
    "format": "csv",
    "cron": "30 7 * * *",
    "recipients": TO_ONESELF,
}
PLACE = {
    "name": "mark_place",
    "channel": "sftp",
    "address": "mark-place.example.com",
    "options": {"username": "mark_place", "host_key": "ssh-ed25519 AAAA"},
    "secrets": {"password": "mark_secret"},
}


class Busy:
    """Bob, with a token that shows who he is, and an administrator; whatever fails, fails the test."""

    def __init__(self, app, ports) -> None:
        now = datetime.now(UTC)
        about = {"owner": BOB.owner_key, "email": BOB.email, "permissions": ["UNMASK"]}
        self.ports = ports
        self.bob = ApiClient(app, token=make_token(SECRET, user="bob", now=now, valid=timedelta(hours=1), **about))
        self.bob.headers["User-Agent"] = "mark_agent"
        self.root = ApiClient(app, token=token_of("root", roles=["administrator"]))

    def do(self, method, path, body=None, *, who=None):
        """What an answer says."""
        answer = (who or self.bob).call(method, f"{API}/{path}", json=body)
        assert answer.status_code < 400, (path, answer.text)
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        return answer.json() if is_json else answer

    def as_root(self, method, path, body=None):
        """What an answer says to the administrator."""
        return self.do(method, path, body, who=self.root)

    def export(self):
        """Exports and reports: asked for, made, looked at, downloaded, sent, shared, cancelled, tried again."""
        self.do("GET", "me")
        self.as_root("GET", "me")
        team = self.as_root("POST", "teams", {"name": "Finance"})["id"]
        self.as_root("PATCH", f"teams/{team}", {"name": "Controlling"})
        self.as_root("PUT", f"teams/{team}/members/{BOB.user_id}", {"is_lead": True})
        self.do("POST", "exports/estimate", EXPORT)
        job = self.do("POST", "exports", EXPORT | {"recipients": TO_ONESELF})["job_id"]
        run(self.ports, job)
        self.do("GET", f"exports/{job}/download")
        [delivery] = self.do("GET", f"exports/{job}/deliveries")["items"]
        link = self.ports.links.make(UUID(delivery["id"]), UUID(job), now=self.now, expires_at=self.later)
        opened = self.bob.get(
            f"/d/{self.ports.vault.token(link.id)}", anonymous=True, headers={"User-Agent": "mark_agent"}
        )
        assert opened.status_code == 307, opened.text
        self.do("POST", f"exports/{job}/deliveries/{delivery['id']}/revoke")
        self.do("PUT", f"exports/{job}/sharing", {"share_with": [team]})
        self.do("POST", f"exports/{job}/renditions", {"format": "json"})
        waiting = self.do("POST", "exports", EXPORT)["job_id"]
        self.do("POST", f"exports/{waiting}/cancel")
        self.do("POST", f"exports/{waiting}/retry")
        self.do("POST", "reports/preview", REPORT)
        self.do("POST", "reports", REPORT | {"format": "pdf"})
        self.as_root("DELETE", f"teams/{team}/members/{BOB.user_id}")
        self.as_root("DELETE", f"teams/{team}")

    def plan(self):
        """Schedules and destinations: made, changed, run, tried, deleted; and one of each that stays."""
        place = self.do("POST", "destinations", PLACE)["id"]
        self.do("PATCH", f"destinations/{place}", {"name": "mark_place 2", "secrets": {"password": "mark_secret 2"}})
        self.do("POST", f"destinations/{place}/test")
        self.do("POST", "destinations", PLACE)
        for kept in (False, True):
            plan = self.do("POST", "schedules", SCHEDULE)["id"]
            self.do("PATCH", f"schedules/{plan}", {"name": "mark_plan 2", "cron": "0 8 * * *"})
            self.do("POST", f"schedules/{plan}/pause")
            self.do("POST", f"schedules/{plan}/resume")
            self.do("POST", f"schedules/{plan}/run")
            if not kept:
                self.do("DELETE", f"schedules/{plan}")
        body = {"template": REPORT["template"], "params": REPORT["params"]}
        self.do("POST", "schedules", SCHEDULE | {"kind": "report", "body": body, "format": "pdf"})
        self.do("DELETE", f"destinations/{place}")

    def administer(self):
        """Keys, roles, chats, a user who is kept out for a while, the catalogue, and what was done until then."""
        for _ in range(2):
            key = self.do("POST", "keys", {"name": "mark_key"})
        self.do("DELETE", f"keys/{key['id']}")
        self.as_root("PUT", f"users/{BOB.user_id}/roles", {"roles": ["manager"]})
        self.as_root("POST", f"users/{BOB.user_id}/deactivate")
        self.as_root("POST", f"users/{BOB.user_id}/activate")
        url = self.do("POST", "me/telegram")["url"]
        self.ports.bot.starts = [Start(code=url.rpartition("=")[2], chat="mark_chat")]
        read_news(self.ports.bot, 0, ports=self.ports)
        self.do("DELETE", "me/telegram")
        note_catalog(self.ports)
        self.as_root("GET", "audit-logs?actor=" + str(BOB.user_id))
        self.as_root("GET", "audit-logs/chain")
        self.as_root("GET", f"users/{BOB.user_id}/archive")

    def live(self):
        """All of it."""
        self.export()
        self.plan()
        self.administer()

    @property
    def now(self):
        return self.ports.clock()

    @property
    def later(self):
        return self.now + timedelta(days=1)
