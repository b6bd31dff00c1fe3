"""What a schema cannot say of a seed. A module named like the seed gives check(seed, project)."""
