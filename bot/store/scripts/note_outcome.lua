-- KEYS[1] is a broadcast's own key here, which is in no shard.
-- ARGV: the contact's digest, what came of it (a letter), reason or '', lifetime of the key (ms)
-- Each contact has its letters, then a reason after `=`.
local known = call('HGET', KEYS[1], ARGV[1]) or ''
local letters, reason = string.match(known, '^(%a*)=?(.*)$')
if not string.find(letters, ARGV[2], 1, true) then letters = letters .. ARGV[2] end
if ARGV[3] ~= '' then reason = ARGV[3] end
local new = reason == '' and letters or letters .. '=' .. reason
if new ~= known then call('HSET', KEYS[1], ARGV[1], new) end
call('PEXPIRE', KEYS[1], ARGV[4])
