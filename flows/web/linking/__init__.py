"""A page on which a customer enters the credentials of a new account, once."""
