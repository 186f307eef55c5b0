"""What HTTP says about files that are asked for: their kind, which form a client prefers, whether it has it already.

Nothing here sends anything.
"""
