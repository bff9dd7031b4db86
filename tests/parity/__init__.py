"""Property tests that run one program through diffsync and through fastdiffsync, and compare all that can be seen."""
