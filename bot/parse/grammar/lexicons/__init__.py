"""The words of each language, in a module named by the language's code."""
