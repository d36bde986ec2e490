"""Policies: networks, loss, checkpoints, ONNX. Only ``card`` may be imported without torch."""
