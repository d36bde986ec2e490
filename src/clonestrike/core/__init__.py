"""Types that all stages share: actions, states, observations, trajectories."""
