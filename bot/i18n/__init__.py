"""Languages: catalogs of translations and how a contact's language is chosen."""
