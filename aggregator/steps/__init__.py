"""Pure steps from what was fetched to what is kept and shown: text and values in, text and values out.

No step does I/O, reads the clock or draws random numbers; steps may use other steps, never adapters.
"""
