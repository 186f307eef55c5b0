"""What owners do with a site beside refreshing and publishing it: one module an operation, called by its command.

A function here is handed what it works with (an opened `App`'s `settings`, `store`, `tree`, `clock`) and returns a
value. Nothing here parses arguments or prints.
"""
