"""What every stage speaks of: actions, states, observations, trajectories."""
