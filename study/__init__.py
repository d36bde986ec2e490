"""The study: how the shipped agent was made, and what each part contributes."""
