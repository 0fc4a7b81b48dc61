"""What people write, by language: words as data, and the grammars of numbers, days and times."""
