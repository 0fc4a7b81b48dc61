"""The flows that `bot` runs in the benchmark."""
