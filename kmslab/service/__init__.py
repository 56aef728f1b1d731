"""The front door: the one way in, and the order of its checks."""
