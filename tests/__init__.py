"""The tests; every test of behaviour runs on both kernels."""
