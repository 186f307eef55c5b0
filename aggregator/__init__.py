"""A feed aggregator and publisher: sources come in, one Atom feed per tag goes out."""

__version__ = "0.1.0"
