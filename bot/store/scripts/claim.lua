-- KEYS: work inbox outbox session ready timers
-- ARGV: contact, now, ready entry, consumer, token, most items
-- Gives nil where there is nothing to do for this entry, else {session, fails, outgoing, item...};
-- outgoing is as in hand_out, and nil where there are items: turns come before sends.
local work, inbox, outbox, session = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local ready, timers = KEYS[5], KEYS[6]
local contact, entry, consumer, token = ARGV[1], ARGV[3], ARGV[4], ARGV[5]

make_room(work)
local w = call('HMGET', work, 'ready', 'token', 'turn', 'fails')
if w[1] ~= entry then
  call('XACK', ready, 'workers', entry)
  call('XDEL', ready, entry)
  return false
end
-- Another consumer has recovered the entry in the meantime: it is theirs.
if #call('XPENDING', ready, 'workers', entry, entry, 1, consumer) == 0 then return false end
-- The lease begins anew: who claims may count on its whole length.
call('XCLAIM', ready, 'workers', consumer, 0, entry, 'JUSTID')

local fails = tonumber(w[4] or '0')
if w[3] and w[2] ~= token then fails = call('HINCRBY', work, 'fails', 1) end

local wait, pause = standing(work, timers, contact, ARGV[2])
local items = {}
if not wait then items = call('LRANGE', inbox, 0, tonumber(ARGV[6]) - 1) end
if #items > 0 then
  call('HSET', work, 'token', token, 'turn', '1')
  return {call('GET', session), fails, false, unpack(items)}
end

call('HSET', work, 'token', token)
local outgoing = not pause and hand_out(work, outbox)
if not outgoing then
  release(work, ready, inbox, outbox, contact, wait, pause)
  return false
end
return {call('GET', session), fails, outgoing}
