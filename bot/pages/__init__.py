"""What the pages that `bot` serves to a browser share: who gets in, the look, the scripts."""

PAGES = (__name__, "static")
"""Where the common files are, as `StaticFiles` takes it; they stand beside a page's own."""
