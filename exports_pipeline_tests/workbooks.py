"""Workbooks read back by readers that know nothing of how they were written."""

import io
import re
from decimal import Decimal

import openpyxl
from python_calamine import CalamineWorkbook


def with_calamine(body):
    """The rows of all sheets but "About", each with its header, as python-calamine reads them; numbers as decimals."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(body))
    sheets = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names[:-1]]
    return [[[_exact(_mended(cell)) for cell in row] for row in sheet] for sheet in sheets]


def with_openpyxl(body):
    """The same as openpyxl reads them, which leaves the escapes of ECMA-376 to its callers."""
    book = openpyxl.load_workbook(io.BytesIO(body), read_only=True)
    return [[[_exact(_unescaped(cell)) for cell in row] for row in sheet.values] for sheet in book.worksheets[:-1]]


def records(body):
    """The rows of all sheets by column name; empty cells are empty texts."""
    return [dict(zip(sheet[0], row, strict=True)) for sheet in with_calamine(body) for row in sheet[1:]]


def about_of(body):
    """The facts of the sheet "About"; those without a name belong to the one above."""
    facts, last = {}, ""
    for name, value, *_ in openpyxl.load_workbook(io.BytesIO(body))["About"].values:
        last = name or last
        facts[last] = facts.get(last, "") + (value or "")
    return facts


def _exact(cell):
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return cell
    return Decimal(repr(cell))


def _mended(cell):
    """Two characters that calamine leaves escaped, unlike all the others."""
    return cell.replace("_xFFFE_", "\ufffe").replace("_xFFFF_", "\uffff") if isinstance(cell, str) else cell


def _unescaped(cell):
    if not isinstance(cell, str):
        return cell
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), cell)
