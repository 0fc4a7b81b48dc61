-- ARGV: contact, now, token, id of the outbox entry, verdict, and
--       for 'retry' (not taken), 'unknown' (perhaps taken) and 'hold' (not tried): until when to
--       pause (ms)
--       for 'dead': dead letter, item for the inbox ('' = none)
--       from the eighth on, where this process wants more work: its consumer, a token, most items
-- Gives 'lost', or the reply to send next (as in hand_out), or nil; or what it takes along, as in
-- enqueue_and_prefetch.
local contact, now, verdict, consumer, token = ARGV[1], ARGV[2], ARGV[5], ARGV[8], ARGV[9]
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

local function items()
  return call('LRANGE', key('inbox', contact), 0, tonumber(ARGV[10]) - 1)
end

if token and work.token == token and work.turn then return prefetched(contact, work, items()) end
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
local is_runnable, outgoing, along = has_items(contact, work), nil, nil
if is_done and not is_runnable then outgoing = hand_out(contact, work) end
-- After a failed try the claim ends even if the pause is over at once: handed out again to the same
-- claim, the entry would be counted again by a repetition.
if not outgoing then
  release(contact, work, not is_runnable and not is_done and has_replies(contact, work))
  if is_runnable then along = enqueue_and_prefetch(contact, work, consumer, token, items) end
end
save(contact, work)
return outgoing or along or false
