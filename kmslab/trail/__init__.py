"""What was done by whom: Calls in, CloudTrail-shaped events out."""
