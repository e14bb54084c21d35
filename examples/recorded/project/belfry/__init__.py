"""Bells of a small tower: the hours they strike and the changes they ring."""

__version__ = "0.3.0"
