-- KEYS: work inbox outbox session seen once log names ready timers
-- ARGV: contact
-- Deletes all but the contact's dead letters; gives how many keys there were. Whoever works on the
-- contact finds its lease lost.
local work, names, ready, timers = KEYS[1], KEYS[8], KEYS[9], KEYS[10]

local entry = call('HGET', work, 'ready')
if entry then
  call('XACK', ready, 'workers', entry)
  call('XDEL', ready, entry)
end
call('ZREM', timers, ARGV[1])
for _, name in ipairs(call('HKEYS', names)) do call('ZREM', timers, ARGV[1] .. '\n' .. name) end

local deleted = 0
for i = 1, 8 do deleted = deleted + call('DEL', KEYS[i]) end
return deleted
