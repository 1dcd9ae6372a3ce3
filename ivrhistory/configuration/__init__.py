"""Chatbot Management > Flow Configuration: the bots and flows, and the settings of what is recorded, a page a file."""
