"""CloudTrail as a service: event history, trails, and log files in S3 with digests that prove them."""
