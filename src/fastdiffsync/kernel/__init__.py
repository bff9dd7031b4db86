"""The kernel: what matches, compares and applies, compiled and in Python side by side; see README.md here."""
