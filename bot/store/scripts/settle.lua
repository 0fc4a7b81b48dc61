-- ARGV: contact, now, token, id of the outbox entry, verdict, and
--       for 'retry' (not taken), 'unknown' (perhaps taken) and 'hold' (not tried): until when to
--       pause (ms)
--       for 'dead': dead letter, item for the inbox ('' = none)
-- Gives 'lost', or the reply to send next (as in hand_out), or nil.
local contact, now, verdict = ARGV[1], ARGV[2], ARGV[5]
local work = load(contact)

-- What is done with leaves the outbox: its head, which is what the claim was handed out.
local function drop()
  local head = call('LPOP', key('outbox', contact))
  work.sending, work.tries = nil, nil
  if verdict == 'dead' then
    call('XADD', dead, '*', 'c', contact, 'at', now, 'letter', ARGV[6], 'outbox', head)
    if ARGV[7] ~= '' then call('RPUSH', key('inbox', contact), ARGV[7]) end
  end
end

local function put_off()
  if verdict == 'hold' then
    work.held = '1'
  else
    work.tries = string.format('%d', (work.tries or 0) + 1)
  end
  if verdict ~= 'unknown' then work.sending = nil end
  work.pause = ARGV[6]
end

if work.token ~= ARGV[3] then return 'lost' end
local is_done = verdict == 'sent' or verdict == 'dead'
-- Another `sending` says that this is a repetition: the entry has been dealt with, only answer again.
if work.sending == ARGV[4] and is_done then
  drop()
else
  make_room(contact)
  if work.sending == ARGV[4] then put_off() end
end

let_pass(contact, work, now)
local is_runnable = has_items(contact, work)
local outgoing
if is_done and not is_runnable then
  outgoing = hand_out(contact, work)
else
  -- After a failed try the claim ends even if the pause is over at once: handed out again to the
  -- same claim, the entry would be counted again by a repetition.
  is_runnable = is_runnable or has_replies(contact, work)
end
if not outgoing then release(contact, work, is_runnable) end
save(contact, work)
return outgoing or false
