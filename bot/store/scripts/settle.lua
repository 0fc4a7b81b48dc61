-- ARGV: contact, now, token, id of the outbox entry, verdict, then
--       for 'retry' (not sent), 'unknown' (perhaps sent) and 'hold' (not tried): end of the pause (ms)
--       for 'overtake' (not tried): id of the outbox entry that is sent first
--       for 'sent': '', item for the inbox ('' = none)
--       for 'dead': dead letter, item for the inbox ('' = none)
--       from the eighth on, to prefetch: consumer, token, maximum items, '1' if no other contact waits
-- Returns 'lost', the reply to send next (the result of next_send), nil, or the prefetched contact. This
-- contact is returned as the result of prefetched without the session, which the caller knows, and another
-- one as {'prefetched', entry, contact}, which must still be claimed.
local contact, now, verdict, consumer, token = ARGV[1], ARGV[2], ARGV[5], ARGV[8], ARGV[9]
local work = load(contact)

if token and work.token == token and work.turn then
  return prefetched(contact, work, false, first_items(contact, work, ARGV[10]))
end
if work.token ~= ARGV[3] then return 'lost' end
local is_done = verdict == 'sent' or verdict == 'dead'
local has_next = is_done or verdict == 'overtake'
-- If `sending` is another entry, this call repeats a call that succeeded: only answer again.
if work.sending ~= ARGV[4] then
  touch_first(contact)
elseif is_done then
  -- Remove the reply, which is the outbox's first entry.
  local head = work.reply
  if not head then
    head = call('LPOP', key('outbox', contact))
    work.replies = counted(work.replies, -1)
  elseif verdict == 'dead' or ARGV[7] ~= '' then
    touch_first(contact)
  end
  work.reply, work.sending, work.tries = nil, nil, nil
  if verdict == 'dead' then
    call('XADD', prefix .. 'dead', '*', 'c', contact, 'at', now, 'letter', ARGV[6], 'outbox', head)
  end
  if ARGV[7] ~= '' then push_item(contact, work, ARGV[7]) end
elseif verdict == 'overtake' then
  -- Make the entry the outbox's first one. This first write deletes something.
  local outbox = key('outbox', contact)
  for _, entry in ipairs(call('LRANGE', outbox, 0, -1)) do
    if entry_id(entry) == ARGV[6] then
      call('LREM', outbox, 1, entry)
      if work.reply then call('LPUSH', outbox, work.reply) else work.replies = counted(work.replies, -1) end
      work.reply = entry
      break
    end
  end
  work.sending, work.tries = nil, nil
else
  touch_first(contact)
  if verdict == 'hold' then work.held = '1' else work.tries = counted(work.tries, 1) end
  if verdict ~= 'unknown' then work.sending = nil end
  work.pause = ARGV[6]
end

expire_waits(contact, work, now)
local waiting = work.wait and {} or first_items(contact, work, ARGV[10] or 1)
if has_next and #waiting == 0 then
  local outgoing = next_send(contact, work)
  if outgoing then
    save(contact, work, true)
    return outgoing
  end
end

-- After a failed try the claim ends, even if the pause has ended already. If the same claim got the entry
-- again, a repeated call would count the failure twice.
local is_prefetching, answer = token and #waiting > 0, false
local first = is_prefetching and ARGV[11] ~= '1' and first_waiting(consumer)
if is_prefetching and not first then
  -- No other contact waits, so this contact gets a new claim, with the same entry.
  work.token, work.turn = token, '1'
  answer = prefetched(contact, work, false, waiting)
else
  release(contact, work, #waiting > 0 or (not has_next and has_replies(work)))
  if first then answer = {'prefetched', first[1], first[2][2]} end
end
save(contact, work, true)
return answer
