"""The way from loaded bills to allocated costs, side by side with peers in one run (make bench)."""
