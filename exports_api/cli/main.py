"""The `exports` command."""

import typer

from exports_api.cli.audit import audit
from exports_api.cli.bucket import setup_bucket
from exports_api.cli.datasets import datasets
from exports_api.cli.demo import demo
from exports_api.cli.doctor import doctor
from exports_api.cli.events import events
from exports_api.cli.failing import EXIT_CODES
from exports_api.cli.get import get
from exports_api.cli.report import report
from exports_api.cli.stack import add_stack_commands
from exports_api.cli.token import token
from exports_api.cli.users import users
from exports_api.cli.verify import verify

app = typer.Typer(
    help="Exports of datasets as files.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
add_stack_commands(app)
app.command("token")(token)
app.command("datasets", epilog=EXIT_CODES)(datasets)
app.command("get", epilog=EXIT_CODES)(get)
app.command("report", epilog=EXIT_CODES)(report)
app.add_typer(events, name="events")
app.add_typer(audit, name="audit")
app.add_typer(users, name="users")
app.command("verify", epilog=EXIT_CODES)(verify)
app.command("setup-bucket")(setup_bucket)
app.command("doctor")(doctor)
app.command("demo")(demo)
