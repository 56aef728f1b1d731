"""Real AWS, opt-in: the same notebooks against an account of the learner's own, watched, limited and taken back.

Nothing of this is imported unless `KMSLAB_BACKEND=aws` is set, or `kmslab aws` is called. The rule that shapes it: a
request that makes or changes something is sent only if kmslab knows how to take it back, and has written it down.
"""
