"""Languages: catalogs, a contact's language, and text that is safe to print."""
