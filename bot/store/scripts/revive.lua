-- KEYS: work inbox outbox ready dead
-- ARGV: contact, id of the dead letter
-- Puts what a dead letter holds to the end of the inbox or outbox again; gives 1, or 0 where it is
-- gone. A reply is marked as perhaps sent: the last try's outcome may be unknown.
local work, inbox, outbox, ready, dead = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]

local found = call('XRANGE', dead, ARGV[2], ARGV[2])
if #found == 0 then return 0 end

local fields = found[1][2]
for i = 1, #fields, 2 do
  local name, value = fields[i], fields[i + 1]
  if string.sub(name, 1, 5) == 'inbox' then
    call('RPUSH', inbox, value)
  elseif name == 'outbox' then
    local _, is_marked = entry_id(value)
    call('RPUSH', outbox, is_marked and value or '?' .. value)
  end
end
call('XDEL', dead, ARGV[2])

local w = call('HMGET', work, 'ready', 'wait', 'pause')
if not w[1] and is_runnable(inbox, outbox, w[2], w[3]) then enqueue(work, ready, ARGV[1]) end
return 1
