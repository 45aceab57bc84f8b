"""Debian's Chromium, driven by Playwright."""

import shutil
from contextlib import contextmanager

import pytest
from playwright.sync_api import sync_playwright

CHROMIUM = shutil.which("chromium")


@contextmanager
def opened_chromium():
    """A browser for one module, since Playwright leaves its loop running in the thread that other tests use."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed; `make tools` does it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
