"""What make runs: checks, the demo and its report."""
