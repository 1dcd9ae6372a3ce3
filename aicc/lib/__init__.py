"""Helpers without models: each answers one question, and none knows an app."""
