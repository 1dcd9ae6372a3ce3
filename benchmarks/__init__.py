"""`make bench`: how fast searching, loading and exporting are, each beside a peer or a limit in the same run."""
