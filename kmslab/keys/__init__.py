"""What a KMS key is: its spec, its states, its material, its ciphertext, its aliases, and the world they live in."""
