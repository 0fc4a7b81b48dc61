-- Returns the server's time as {seconds, microseconds}.
return call('TIME')
