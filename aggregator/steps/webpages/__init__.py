"""Web pages as sources: their trees, the article in them, entries that their owner declared, and feeds that they name.

Nothing here asks a server.
"""
