"""kmslab in a terminal: an `aws` that behaves as AWS CLI version 2, its environment, and commands read and written.

Nothing is imported here: what runs as `aws` begins in this package, and every import costs each command its time.

| module | what it owns |
|---|---|
| `shim` | what runs as `aws` where the real one will not do |
| `finding` | which `aws` there is, and the folder of the shim |
| `version_1` | AWS CLI version 1 made to behave as version 2 |
| `blobs` | version 2's rules for binary arguments |
| `kept` | one process that runs `aws` commands one after another |
| `environment` | the variables that lead every AWS client here |
| `translate`, `request`, `command_line`, `shorthand`, `python_line` | a command as boto3, and back |
"""

from __future__ import annotations
