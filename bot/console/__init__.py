"""The console: a page on which operators see where contacts are, and set right what went wrong."""
