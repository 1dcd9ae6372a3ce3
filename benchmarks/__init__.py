"""`make bench`: how fast searching and loading are, each beside a peer or a limit in the same run."""
