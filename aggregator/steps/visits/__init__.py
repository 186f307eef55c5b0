"""What a visit to a source may be and what it leads to: who is due, who is to blame, when and where to ask again.

Nothing here asks a server, or knows the time. What becomes of a source's state is `steps.cadence`.
"""
