"""Who may do what: the table of permissions and the decision. Knows no wire format and answers with a `Decision`."""
