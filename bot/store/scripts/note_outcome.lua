-- KEYS[1] is the broadcast's own key, which is in no shard.
-- ARGV: the contact's digest, the outcome (a letter), reason or '', lifetime of the key (ms)
-- The value of a contact is the letters of its outcomes, then `=` and a reason if there is one.
local known = call('HGET', KEYS[1], ARGV[1]) or ''
local letters, reason = string.match(known, '^(%a*)=?(.*)$')
if not string.find(letters, ARGV[2], 1, true) then letters = letters .. ARGV[2] end
if ARGV[3] ~= '' then reason = ARGV[3] end
local new = reason == '' and letters or letters .. '=' .. reason
if new ~= known then call('HSET', KEYS[1], ARGV[1], new) end
call('PEXPIRE', KEYS[1], ARGV[4])
