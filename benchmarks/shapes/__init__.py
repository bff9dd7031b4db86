"""One factor at a time: what a value's type, a declaration or an option changes, next to diffsync."""
