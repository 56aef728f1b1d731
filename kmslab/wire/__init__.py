"""AWS's wire format for KMS: JSON 1.1 over HTTP, signed with Signature Version 4. Knows shapes, not meanings."""
