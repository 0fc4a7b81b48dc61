"""The console: a page on which operators watch contacts and handle errors."""
