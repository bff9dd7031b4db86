"""What a type checker says about programs on this library."""
