"""Text in all languages: catalogs, the language of a contact, and text that is safe to print."""
