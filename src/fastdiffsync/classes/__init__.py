"""How a class body becomes a model."""
