"""What published feeds are made of: which items, under which names and ids, in which documents.

Nothing here renders a document: that is for `outputs`.
"""
