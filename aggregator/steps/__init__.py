"""Pure steps from what was fetched to what is kept and shown: text and values in, text and values out.

The verbs of the house stand here (`normalize`, `tag`, `dedupe`, `select` …); the folders hold what they are made of. No
step does I/O, reads the clock or draws random numbers; steps may use other steps, never adapters.
"""
