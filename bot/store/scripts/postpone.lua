-- KEYS: work inbox outbox ready timers
-- ARGV: contact, now, token, until when (ms), failed tries to count
-- Gives 'lost' or 'done'.
local work, inbox, outbox, ready, timers = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local contact = ARGV[1]

make_room(work)
local w = call('HMGET', work, 'token', 'turn')
if w[1] ~= ARGV[3] or not w[2] then return 'lost' end

call('HINCRBY', work, 'fails', ARGV[5])
call('HSET', work, 'wait', ARGV[4])
release(work, ready, inbox, outbox, contact, standing(work, timers, contact, ARGV[2]))
return 'done'
