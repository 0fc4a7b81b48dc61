"""`bot explore`: walks flows by itself and reports what is wrong with them."""
