-- ARGV: contact, session, number of newest log lines to delete, then the timers (name, due, item)
-- Restores the contact to an earlier session, with only these timers and no work. A worker that handles
-- the contact loses its lease. Digests of accepted items are not deleted, so repeats are still detected.
local contact = ARGV[1]

drop_ready_and_timers(contact)
for _, kind in ipairs({'work', 'inbox', 'outbox', 'once', 'timers'}) do
  call('DEL', key(kind, contact))
end

call('SET', key('session', contact), ARGV[2])
call('LTRIM', key('log', contact), ARGV[3], -1)
for i = 4, #ARGV, 3 do
  call('HSET', key('timers', contact), ARGV[i], ARGV[i + 2])
  call('ZADD', prefix .. 'timers', ARGV[i + 1], contact .. '\n' .. ARGV[i])
end
return 1
