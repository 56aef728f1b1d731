"""`python -m kmslab` is the `kmslab` command."""

import sys

from kmslab.cli import main

if __name__ == "__main__":
    sys.exit(main())
