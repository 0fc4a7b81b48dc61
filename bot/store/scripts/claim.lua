-- ARGV: contact, now, ready entry, consumer, token, most items
-- Gives nil where there is nothing to do for this entry, else {session, fails, outgoing, item...};
-- outgoing is as in hand_out, and nil where there are items: turns come before sends.
local contact, entry, consumer, token = ARGV[1], ARGV[3], ARGV[4], ARGV[5]

local work = load(contact)
if work.ready ~= entry then
  drop_entry(entry)
  return false
end
-- Another consumer has recovered the entry in the meantime: it is theirs.
if #call('XPENDING', ready, 'workers', entry, entry, 1, consumer) == 0 then return false end
-- The lease begins anew: who claims may count on its whole length. As a first write it makes room.
call('XCLAIM', ready, 'workers', consumer, 0, entry, 'JUSTID')

if work.turn and work.token ~= token then
  work.fails = string.format('%d', (work.fails or 0) + 1)
end
work.token = token
let_pass(contact, work, ARGV[2])
local items = {}
if not work.wait then items = call('LRANGE', key('inbox', contact), 0, tonumber(ARGV[6]) - 1) end
local outgoing = false
if #items > 0 then
  work.turn = '1'
else
  outgoing = hand_out(contact, work)
  if not outgoing then release(contact, work, false) end
end
save(contact, work)
if not work.token then return false end
return {call('GET', key('session', contact)), tonumber(work.fails or '0'), outgoing, unpack(items)}
