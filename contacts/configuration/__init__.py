"""The Configuration Center's pages about contact records: what a tenant decides about them, a page a file."""
