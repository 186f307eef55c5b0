"""Words of Chinese and English texts as they are looked for: by tags, by searches, and by comparisons.

Nothing here keeps an index.
"""
