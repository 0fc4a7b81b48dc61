"""The console: a page on which operators watch contacts and repair errors."""
