-- ARGV: consumer, maximum entries
-- Returns {{key, {{entry, {'c', contact}}...}}} or nil.
return call('XREADGROUP', 'GROUP', 'workers', ARGV[1], 'COUNT', ARGV[2], 'STREAMS', ready, '>')
