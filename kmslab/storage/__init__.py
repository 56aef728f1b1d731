"""The state file: a Lab kept on disk, sealed, so that every change that was acknowledged is there after any end.

    FrontDoor, Services -> Keeper (what has changed) -> records -> Vault (sealed) -> Database (SQLite) -> FILE

A row of the file is one entity: a key, a grant, a timer, a batch of calls. Each is sealed by itself under the file's
data key, which is wrapped under a root key that is kept elsewhere: in `FILE.key`, or in somebody's memory.
"""
