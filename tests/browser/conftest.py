"""The browser that reads the pages."""

import os
import shutil

import pytest
from visiting import FLAGS


@pytest.fixture(scope="session")
def chromium():
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        if os.environ.get("BOUWEN_REQUIRE_BROWSER") == "1":
            pytest.fail("no Chromium on this machine, and BOUWEN_REQUIRE_BROWSER=1 asks for one")
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
