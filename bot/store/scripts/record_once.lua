-- ARGV: contact, token, key, value, lifetime (ms)
-- Returns 'lost' or 'done'.
local contact = ARGV[1]

touch_first(contact)
local work = load(contact)
if work.token ~= ARGV[2] or not work.turn then return 'lost' end

local once = key('once', contact)
call('HSET', once, ARGV[3], ARGV[4])
call('PEXPIRE', once, ARGV[5])
work.once = '1'
save(contact, work)
return 'done'
