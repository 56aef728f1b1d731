"""How requests reach the Lab."""
