"""The original's files and weights, and the formats of other libraries."""
