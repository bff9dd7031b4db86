"""The flat array as the tree that people read."""
