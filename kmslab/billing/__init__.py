"""What it costs: the price list and the meter. Calls in, a Bill out."""
