"""Every public method, one call at a time, next to diffsync."""
