"""One operation of a sync after the other: what is to be done, how it is logged, where the records are."""
