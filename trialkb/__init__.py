"""trialkb: a knowledge base of cell-therapy trials in oncology, every number with its source."""

__version__ = "0.1.0"
