"""The history of IVR and bot calls: what was recorded of them, and what is to be recorded."""
