"""How the shipped agent was made, and what its parts are worth."""
