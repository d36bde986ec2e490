"""Our own play on disk."""
