"""The pictures of the documentation, made of the sample: `python -m exports_pipeline_tests.pictures` renews them.

A slow test compares those in `docs/` with what comes out today, so that a layout that breaks is seen.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageChops

from exports_pipeline.adapters.catalog_yaml import read_yaml_catalog
from exports_pipeline.adapters.warehouse import DuckDbWarehouse
from exports_pipeline.core.branding import Branding
from exports_pipeline.core.filters import Filters, select
from exports_pipeline.core.formats import Format
from exports_pipeline.local.sample import build_sample
from exports_pipeline.reports.catalog import BUILT_IN, load_templates
from exports_pipeline.reports.registry import render
from exports_pipeline.reports.templates.compliance_audit import COMPLIANCE_AUDIT
from exports_pipeline.reports.templates.insights import INSIGHTS
from exports_pipeline.reports.templates.user_activity_report import USER_ACTIVITY_REPORT
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.reports.conftest import Desk
from exports_pipeline_tests.tables import exported

DOCS = Path(__file__).parents[1] / "docs"
GALLERY = Path(__file__).parents[1] / "exports_api/web/assets"
GALLERY_SIZE = (480, 300)
"""Of the pictures on the page of reports: the top of each report's first page, for screens of double density."""
PAGES_DPI, SHEET_DPI = 70, 100
_SHEET_COLUMNS = (
    "transaction_id", "booked_at", "booked_on", "amount", "currency", "merchant", "category", "counterparty_iban"
)  # fmt: skip
_WEEKS = Filters(start_date=date(2024, 1, 1), end_date=date(2024, 2, 15))
_OWNERS = {"flights": "UA"}
_SHEET_HEIGHT, _ABOUT_HEIGHT = 320, 540
PICTURED = [each for each in BUILT_IN if each not in (INSIGHTS, COMPLIANCE_AUDIT, USER_ACTIVITY_REPORT)]
"""The sample has no ledger: the picture of the insights shows invented jobs of a stack that was running, those of the
reports of the audit log the audit trail of a real service desk."""
_FAR = 64
"""Two pixels so far apart, of 255, are not of one colour."""


@dataclass(frozen=True, kw_only=True)
class Apart:
    """How far two pictures of one size are apart."""

    mean: float
    """Mean absolute difference of a pixel, 0 to 255."""
    share: float
    """The pixels that are not of one colour, 0 to 1."""


def desk_of_pictures(home: Path) -> Desk:
    """The sample, long enough for every example."""
    path, catalogue = build_sample(home, days=200)
    warehouse = DuckDbWarehouse(path, mask_key=b"k" * 32)
    return Desk(warehouse=warehouse, catalog=read_yaml_catalog(catalogue, warehouse), templates=load_templates(None))


def report_picture(template: str, desk: Desk, folder: Path) -> Image.Image:
    """The first page of the first example of a template's page."""
    text = (DOCS / f"reports/{template}.md").read_text(encoding="utf-8")
    params = json.loads(re.findall(r"```json\n(.+?)```", text, flags=re.DOTALL)[0])["params"]
    report = desk.report(template, requester(_OWNERS.get(params["dataset"], "demo")), **params)
    file = folder / f"{template}.pdf"
    render(report, file_format=Format.PDF, branding=Branding(), path=file)
    return _page(file, 1, PAGES_DPI)


def pdf_picture(desk: Desk, folder: Path) -> Image.Image:
    """The first page of an export as PDF."""
    file = folder / "export.pdf"
    file.write_bytes(_export(desk, Format.PDF))
    return _page(file, 1, SHEET_DPI)


def xlsx_picture(desk: Desk, folder: Path) -> Image.Image:
    """The top of a sheet of an export, and its sheet About, as LibreOffice prints them."""
    file = folder / "export.xlsx"
    file.write_bytes(_export(desk, Format.XLSX, replace(_WEEKS, columns=_SHEET_COLUMNS)))
    command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "pdf"]
    subprocess.run([*command, "--outdir", str(folder), str(file)], check=True, capture_output=True, timeout=120)
    pages = int(re.findall(r"Pages:\s+(\d+)", _run("pdfinfo", folder / "export.pdf").decode())[0])
    sheet, about = (_page(folder / "export.pdf", place, SHEET_DPI) for place in (1, pages))
    picture = Image.new("RGB", (max(sheet.width, about.width), _SHEET_HEIGHT + _ABOUT_HEIGHT), "white")
    picture.paste(sheet.crop((0, 0, sheet.width, _SHEET_HEIGHT)))
    picture.paste(about.crop((0, 0, about.width, _ABOUT_HEIGHT)), (0, _SHEET_HEIGHT))
    return picture


def apart(one: Image.Image, other: Image.Image) -> Apart:
    """How far two pictures are apart; all, where they differ in size."""
    if one.size != other.size:
        return Apart(mean=255, share=1)
    counts = ImageChops.difference(one.convert("L"), other.convert("L")).histogram()
    pixels = one.width * one.height
    far = sum(counts[_FAR:])
    return Apart(mean=sum(value * count for value, count in enumerate(counts)) / pixels, share=far / pixels)


def pictures(desk: Desk, folder: Path) -> Iterator[tuple[Path, Image.Image]]:
    """Every picture that can be made here, with its place."""
    for template in PICTURED:
        yield DOCS / f"reports/pictures/{template.name}.png", report_picture(template.name, desk, folder)
    yield DOCS / "pictures/pdf.png", pdf_picture(desk, folder)
    if shutil.which("soffice"):
        yield DOCS / "pictures/xlsx.png", xlsx_picture(desk, folder)


def gallery_picture(page: Image.Image) -> Image.Image:
    """The top of a report's first page, small."""
    width, height = GALLERY_SIZE
    margin = page.width // 16
    top = page.convert("RGB").crop((0, margin, page.width, margin + round(page.width * height / width)))
    return top.resize(GALLERY_SIZE, Image.Resampling.LANCZOS)


def write_gallery() -> None:
    """Write the pictures of the page of reports anew, of those in the documentation."""
    for path in sorted((DOCS / "reports/pictures").glob("*.png")):
        gallery_picture(Image.open(path)).save(GALLERY / f"report-{path.stem}.webp", quality=60, method=6)


def _export(desk: Desk, file_format: Format, filters: Filters = _WEEKS) -> bytes:
    demo = requester("demo")
    selection = select(desk.catalog.find("fct_transactions", demo), filters, demo, timezone="Europe/Prague")
    return exported(desk.warehouse, selection, file_format, timezone="Europe/Prague")[0]


def _page(file: Path, place: int, dpi: int) -> Image.Image:
    options = ("-r", str(dpi), "-f", str(place), "-l", str(place), "-png")
    return Image.open(BytesIO(_run("pdftoppm", *options, file))).convert("RGB")


def _run(*command: str | Path) -> bytes:
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, timeout=60).stdout


def main() -> None:
    """Write all pictures anew."""
    with TemporaryDirectory(prefix="pictures-") as name:
        folder = Path(name)
        for path, picture in pictures(desk_of_pictures(folder / "home"), folder):
            palette = picture.quantize(colors=256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
            palette.save(path, optimize=True)
    write_gallery()


if __name__ == "__main__":
    main()
