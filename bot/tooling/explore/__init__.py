"""`bot explore`: walks flows automatically and reports errors."""
