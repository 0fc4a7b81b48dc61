-- ARGV: contact, now, ready entry, consumer, token, maximum items
-- Returns nil if there is nothing to do for this entry, else {session, fails, suspect, outgoing, item...}.
-- outgoing is the result of next_send. It is nil if there are items, because turns come before sends.
local contact, entry, consumer, token = ARGV[1], ARGV[3], ARGV[4], ARGV[5]

local work = load(contact)
if work.ready ~= entry then
  drop_entry(entry)
  return false
end
-- If the entry is not pending here, another consumer has recovered it.
if #call('XPENDING', ready, 'workers', entry, entry, 1, consumer) == 0 then return false end
-- Restart the lease, so that the claim has its whole duration. This first write needs no memory.
call('XCLAIM', ready, 'workers', consumer, 0, entry)

if work.token ~= token then lose_turn(work) end
work.token = token
expire_waits(contact, work, ARGV[2])
local items = {}
if not work.wait then items = first_items(contact, work, tonumber(ARGV[6])) end
local outgoing = false
if #items > 0 then
  work.turn = '1'
else
  outgoing = next_send(contact, work)
  if not outgoing then release(contact, work, false) end
end
local answer = false
if work.token then
  local fails, suspect = tonumber(work.fails or '0'), tonumber(work.suspect or '0')
  answer = {call('GET', key('session', contact)), fails, suspect, outgoing, unpack(items)}
end
save(contact, work)
return answer
