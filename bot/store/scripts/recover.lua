-- ARGV: maximum entries, idle time after which a consumer without entries is removed (ms), then the
--       prefixes of all shards, which are on one node here
-- Returns for each shard the oldest leases as {{entry, consumer, idle time, deliveries}...}. A claim or a
-- renewal adds a delivery. So a lease was not renewed if its entry, consumer and deliveries are unchanged.
-- The idle time is not used, because the server's clock may jump.
local function remove_idle_consumers(stream)
  for _, pairs in ipairs(call('XINFO', 'CONSUMERS', stream, 'workers')) do
    local consumer = {}
    for i = 1, #pairs, 2 do consumer[pairs[i]] = pairs[i + 1] end
    if consumer.pending == 0 and consumer.idle > tonumber(ARGV[2]) then
      call('XGROUP', 'DELCONSUMER', stream, 'workers', consumer.name)
    end
  end
end

local held = {}
for i = 3, #ARGV do
  local stream = ARGV[i] .. 'ready'
  held[#held + 1] = call('XPENDING', stream, 'workers', '-', '+', ARGV[1])
  -- This is done in the script, because removing a consumer that has just got entries would lose them.
  remove_idle_consumers(stream)
end
return held
