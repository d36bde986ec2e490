"""Any game in a window of its own: we see what it draws, and press what a player would press."""
