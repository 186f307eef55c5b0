"""The bodies of responses, from bytes to text: codings undone, encodings found, and what kind of document it is.

Nothing here asks a server.
"""
