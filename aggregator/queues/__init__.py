"""Queues: who works on what is due, and when. One module per engine, chosen by `app`."""
