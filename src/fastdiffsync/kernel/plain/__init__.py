"""What runs without the interpreter: plain trees are walked, paired, found and noted by reading memory alone."""
