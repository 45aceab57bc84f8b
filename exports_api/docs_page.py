"""The documentation page: the OpenAPI document as plain HTML, which loads nothing from anywhere."""

import json
from html import escape
from typing import Any


def docs_page(document: dict[str, Any], *, stylesheet: str) -> str:
    """The page of an OpenAPI document; `stylesheet` is the path of what makes it legible."""
    info = document["info"]
    sections = "".join(_section(tag, document) for tag in document["tags"])
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<title>{escape(info["title"])}</title><link rel="stylesheet" href="{escape(stylesheet)}">'
        f"<h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>"
        f"<pre>{escape(info['description'])}</pre>"
        '<p>For machines: <a href="openapi.json">openapi.json</a>.</p>'
        f"{sections}</html>"
    )


def _section(tag: dict[str, Any], document: dict[str, Any]) -> str:
    operations = "".join(
        _operation(method, path, operation, document)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if tag["name"] in operation.get("tags", ())
    )
    return f"<h2>{escape(tag['name'])}</h2><p>{escape(tag['description'])}</p>{operations}"


def _operation(method: str, path: str, operation: dict[str, Any], document: dict[str, Any]) -> str:
    head = f'<span class="method">{method.upper()}</span> <code>{escape(path)}</code> {escape(operation["summary"])}'
    parameters = [
        (f"{each['name']} ({each['in']})", each.get("description", "")) for each in operation.get("parameters", ())
    ]
    answers = [(status, each["description"]) for status, each in operation["responses"].items()]
    return (
        f"<details><summary>{head}</summary><p>{escape(operation.get('description', ''))}</p>"
        f"{_table('Parameters', parameters)}{_body(operation, document)}{_table('Answers', answers)}</details>"
    )


def _body(operation: dict[str, Any], document: dict[str, Any]) -> str:
    if "requestBody" not in operation:
        return ""
    content = operation["requestBody"]["content"]["application/json"]
    named = content["schema"].get("anyOf", [content["schema"]])[0]["$ref"]
    schema = document["components"]["schemas"][named.rpartition("/")[2]]
    needed = set(schema.get("required", ()))
    fields = [
        (name + (" (needed)" if name in needed else ""), field.get("description", ""))
        for name, field in schema["properties"].items()
    ]
    examples = "".join(
        f"<pre>{escape(json.dumps(example['value'], indent=2))}</pre>" for example in content["examples"].values()
    )
    return _table("Body", fields) + examples


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    if not rows:
        return ""
    cells = "".join(f"<tr><td><code>{escape(name)}</code><td>{escape(about)}" for name, about in rows)
    return f"<table><tr><th>{title}<th>{cells}</table>"
