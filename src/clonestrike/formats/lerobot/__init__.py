"""LeRobotDatasets, the format of Hugging Face's lerobot."""
