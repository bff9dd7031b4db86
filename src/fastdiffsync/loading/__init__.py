"""Many records at once: rows become records, linked to their parents, all of them or none."""
