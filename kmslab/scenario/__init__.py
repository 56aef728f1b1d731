"""Scenario files: a scene for a class, a workshop or a test, written as YAML, made in a Lab through the ordinary APIs.

    scenario = Scenario.read("classroom.yaml")     # or KmslabError with every mistake in it, each with line and column
    report = scenario.apply(lab)                   # what was made, and what was there already

A file holds accounts with their users, groups, roles, managed policies, KMS keys and buckets; `classroom.yaml` in this
package shows most of it. Everything is made by calls that AWS has, so that it is as AWS would make it. Two things AWS
cannot do: a KMS key with a given id, or with given key material though its origin is AWS_KMS, and an access key with a
given id and secret. They are what tests and courses want most.

Whatever is there already is left as it is, with all that belongs to it: a learner may have changed it on purpose. So a
scenario can be applied whenever a Lab is opened.

    schema, wording   what a file may hold, and what to say where it holds something else
    parts, reading    everything in a file with its place; how YAML is read
    checks, check_*   what hangs together; `given` reads key material and contents
    apply, make_*     the calls, in order
    scenario, report  what callers see
"""

from kmslab.scenario.report import Report
from kmslab.scenario.scenario import CLASSROOM, OTTERQUILL, Scenario

__all__ = ["CLASSROOM", "OTTERQUILL", "Report", "Scenario"]
