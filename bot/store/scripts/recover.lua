-- ARGV: consumer, minimum idle time (ms), maximum entries, cursor, idle time after which a consumer
--       without entries is removed (ms)
-- Returns {next cursor, {{entry, {'c', contact}}...}}.
-- Consumers are removed in a script, because removing one that holds entries would lose them.
local found = call('XAUTOCLAIM', ready, 'workers', ARGV[1], ARGV[2], ARGV[4], 'COUNT', ARGV[3])

for _, pairs in ipairs(call('XINFO', 'CONSUMERS', ready, 'workers')) do
  local consumer = {}
  for i = 1, #pairs, 2 do consumer[pairs[i]] = pairs[i + 1] end
  if consumer.pending == 0 and consumer.idle > tonumber(ARGV[5]) then
    call('XGROUP', 'DELCONSUMER', ready, 'workers', consumer.name)
  end
end

return {found[1], found[2]}
