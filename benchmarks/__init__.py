"""Measurements of fastdiffsync: `python -m benchmarks` prints the table, `pytest benchmarks` runs pytest-benchmark."""
