"""Between HTML and Markdown, without loss: made safe, rewritten where Markdown would lose something, and back.

It decides nothing about entries as a whole: that is `steps.normalize`.
"""
