"""Records and their values as plain data."""
