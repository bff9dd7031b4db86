"""What every long run needs: progress, threads, and the garbage collector paused."""
