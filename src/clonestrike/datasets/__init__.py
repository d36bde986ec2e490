"""What a data set holds, and whether all of it can be read."""
