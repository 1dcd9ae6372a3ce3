"""The Configuration Center: what a tenant's administrator and the operator decide, a page a file."""
