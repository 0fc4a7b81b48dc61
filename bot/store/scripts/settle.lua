-- KEYS: work inbox outbox ready timers dead
-- ARGV: contact, now, token, id of the outbox entry, verdict, and
--       for 'retry' (not taken), 'unknown' (perhaps taken) and 'hold' (not tried): until when to
--       pause (ms)
--       for 'dead': dead letter, item for the inbox ('' = none)
-- Gives 'lost', or the reply to send next (as in hand_out), or nil.
local work, inbox, outbox, ready, timers, dead = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local contact, now, verdict = ARGV[1], ARGV[2], ARGV[5]

make_room(work)
if call('HGET', work, 'token') ~= ARGV[3] then return 'lost' end

local head = call('LINDEX', outbox, 0)
local is_repetition = not head or entry_id(head) ~= ARGV[4]
local is_done = verdict == 'sent' or verdict == 'dead'

if is_repetition then
  -- The entry has been dealt with: only answer again.
elseif is_done then
  call('LPOP', outbox)
  call('HDEL', work, 'sending', 'tries')
  if verdict == 'dead' then
    call('XADD', dead, '*', 'c', contact, 'at', now, 'letter', ARGV[6], 'outbox', head)
    if ARGV[7] ~= '' then call('RPUSH', inbox, ARGV[7]) end
  end
else
  if verdict == 'hold' then
    call('HSET', work, 'held', '1')
  else
    call('HINCRBY', work, 'tries', 1)
  end
  if verdict ~= 'unknown' then call('HDEL', work, 'sending') end
  call('HSET', work, 'pause', ARGV[6])
end

local wait, pause = standing(work, timers, contact, now)
-- After a failed try the claim ends even if the pause is over at once: handed out again to the same
-- claim, the entry would be counted again by a repetition.
if is_done and not pause and (wait or call('EXISTS', inbox) == 0) then
  local outgoing = hand_out(work, outbox)
  if outgoing then return outgoing end
end
release(work, ready, inbox, outbox, contact, wait, pause)
return false
