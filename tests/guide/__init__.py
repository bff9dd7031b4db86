"""The uses that diffsync's guide to synchronisation describes, as programs with real, small back ends."""
