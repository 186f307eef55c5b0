"""RSS, RDF and Atom read: by lxml where a document is well-formed, by feedparser where it is not, to the same result.

Nothing here decides what an entry means: that is `parsers.syndication`.
"""
