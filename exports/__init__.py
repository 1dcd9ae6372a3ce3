"""Exports: what a worker packs into an archive for somebody."""
