"""Opening, checking and counting data sets of every format."""
