"""`exports report`: request a report, watch it, download it, verify it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from exports_api.cli.connection import AsJson, ListLabel, Owner, PlanLabel, Token, Url, User, connect
from exports_api.cli.failing import USAGE, Failure, told
from exports_api.cli.to_file import check_place, tell, to_file
from exports_api.client import ExportsClient


def report(  # noqa: PLR0913, PLR0917 - the options of a command
    template: Annotated[str, typer.Argument(help="Name of the template; docs/reports lists them.")],
    out: Annotated[Path, typer.Option(help="Where the file goes; in a folder it gets a name by itself.")],
    file_format: Annotated[str, typer.Option("--format", help="pdf, xlsx or html.")] = "pdf",
    param: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="Parameter of the template, as dataset=flights; lists by repeating it, or as JSON: by='[\"origin\"]'.",
        ),
    ] = None,
    label_list: ListLabel = None,
    plan: PlanLabel = None,
    url: Url = None,
    token: Token = None,
    user: User = "demo",
    owner: Owner = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Make a report of a template: request, wait, download, verify. Ctrl-C cancels the report."""
    with told(as_json=as_json):
        check_place(out)
        given = _given(param or [])
        with connect(url=url, token=token, user=user, owner=owner) as client:
            params = _params(given, _parameters(client, template))
            body = {"template": template, "format": file_format, "params": params}
            body["labels"] = {"list": label_list, "plan": plan}
            job, path = report_to_file(client, body, out, shows_progress=not as_json)
    tell(job, path, as_json=as_json)


def report_to_file(
    client: ExportsClient, body: dict[str, Any], out: Path, *, shows_progress: bool
) -> tuple[dict[str, Any], Path]:
    """Carry a report from request to a verified file, as `to_file` does."""
    return to_file(
        client,
        body["template"],
        lambda key: client.request_report(body, key=key),
        out,
        shows_progress=shows_progress,
    )


def _given(pairs: list[str]) -> dict[str, list[Any]]:
    """What was given for each name, one by one."""
    given: dict[str, list[Any]] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise Failure(f"--param takes NAME=VALUE, not {pair!r}.", exit_code=USAGE, code="usage")
        read = _json(value)
        given.setdefault(name, []).extend(read if isinstance(read, list) else [value])
    return given


def _parameters(client: ExportsClient, template: str) -> Mapping[str, dict[str, Any]]:
    """The template's parameters by name; none for a template that the service will refuse."""
    found = [each["parameters"] for each in client.templates() if each["name"] == template]
    return {parameter["name"]: parameter for parameters in found for parameter in parameters}


def _params(given: Mapping[str, list[Any]], known: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """The values as the template takes them: lists where it takes lists, numbers where it takes numbers."""
    params: dict[str, Any] = {}
    for name, values in given.items():
        parameter = known.get(name, {})
        read = [_number(value) for value in values] if parameter.get("kind") == "number" else values
        params[name] = read if parameter.get("is_list") or len(read) != 1 else read[0]
    return params


def _number(value: Any) -> Any:
    """A number; what is none stays as it is, for the service to say so."""
    read = _json(value) if isinstance(value, str) else value
    return read if isinstance(read, int | float) else value


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
