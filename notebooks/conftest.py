"""How the notebooks run under nbval: dates in UTC, and everything a lesson writes in a folder that goes with the run."""

import os
import tempfile

# nbval ends its kernels without letting them tidy up, so what they leave behind is put where this run removes it.
_SCRATCH = tempfile.TemporaryDirectory(prefix="kmslab-", ignore_cleanup_errors=True)

# Kernels inherit all three. boto3 shows dates in the machine's own time zone; the stored outputs are in UTC.
os.environ["TZ"] = "UTC"
os.environ["TMPDIR"] = _SCRATCH.name
os.environ["KMSLAB_WORKSPACE"] = _SCRATCH.name
