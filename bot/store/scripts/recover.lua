-- ARGV: maximum entries, idle time after which a consumer without entries is removed (ms)
-- Returns the oldest leases as {{entry, consumer, idle time, deliveries}...}. A claim or a renewal adds a
-- delivery, so a lease of which none of the four but the idle time changes is not renewed. The idle time
-- is of the server's clock, which may leap, so nothing depends on it.
local held = call('XPENDING', ready, 'workers', '-', '+', ARGV[1])

-- Consumers are removed in a script, because removing one that holds entries would lose them.
for _, pairs in ipairs(call('XINFO', 'CONSUMERS', ready, 'workers')) do
  local consumer = {}
  for i = 1, #pairs, 2 do consumer[pairs[i]] = pairs[i + 1] end
  if consumer.pending == 0 and consumer.idle > tonumber(ARGV[2]) then
    call('XGROUP', 'DELCONSUMER', ready, 'workers', consumer.name)
  end
end

return held
