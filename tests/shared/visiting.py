"""Pages in a real browser, from disk, with the network refused."""

from pathlib import Path
from urllib.parse import quote

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Visit:
    """One page in a fresh browser context; keeps what went wrong."""

    def __init__(self, browser, **options):
        self.refused, self.errors = [], []
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.context.route("**/*", self.only_files)
        self.page.on("console", self.listen)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("requestfailed", self.note_failure)

    def only_files(self, route):
        if route.request.url.startswith(("file:", "data:", "blob:")):
            route.continue_()
        else:
            self.refused.append(route.request.url)
            route.abort()

    def note_failure(self, request):
        if request.failure != "net::ERR_ABORTED":  # aborted: the next page was asked for
            self.refused.append(request.url)

    def listen(self, message):
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def go(self, path: Path, query: str = ""):
        self.page.goto(f"file://{quote(str(path))}{query}", wait_until="load")
        return self.page

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.context.close()
