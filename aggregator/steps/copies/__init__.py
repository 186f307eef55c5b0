"""How texts are compared: their sketches, which of them are worth comparing, and what belongs to one story.

The rule for copies is `steps.near`, and what is done about one is `steps.dedupe`.
"""
