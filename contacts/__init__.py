"""Contact records: search, look, listen, process."""
