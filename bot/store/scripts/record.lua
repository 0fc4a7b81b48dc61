-- KEYS: work once
-- ARGV: token, key, value, lifetime (ms)
-- Gives 'lost' or 'done'.
local work, once = KEYS[1], KEYS[2]

make_room(work)
local w = call('HMGET', work, 'token', 'turn')
if w[1] ~= ARGV[1] or not w[2] then return 'lost' end

call('HSET', once, ARGV[2], ARGV[3])
call('PEXPIRE', once, ARGV[4])
return 'done'
