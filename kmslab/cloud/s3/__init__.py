"""What S3 does with the objects that it is given: which key, called how, and what lies in the bucket afterwards."""
