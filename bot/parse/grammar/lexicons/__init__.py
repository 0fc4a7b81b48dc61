"""The words of each language, one module a language, named by its code."""
