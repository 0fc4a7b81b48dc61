-- ARGV: contact, now, token, number of handled items, change of the session ('1' = write | '0' = delete |
--       '' = none), session, change of the outbox ('1' = clear | '2' = end its hold | '0' = none),
--       maximum log lines, their lifetime (ms), dead letter ('' = none), log line ('' = none), '1' to
--       restart the lifetime of the log | '0', then three lists, each after its length: outbox entries,
--       names of timers to cancel, timers to set (name, due, item)
-- Returns 'lost', the reply to send next, or nil. The reply is the result of next_send, with '' instead of
-- the entry if it is the first outbox entry in ARGV.
local contact, now = ARGV[1], ARGV[2]
local work = load(contact)
if work.token ~= ARGV[3] then return 'lost' end

local is_first = false
if work.turn then
  -- Remove the handled items, and write the session.
  local handled = {work.item}
  local rest = ARGV[4] - #handled
  work.item = nil
  if rest > 0 then
    for _, item in ipairs(call('LPOP', key('inbox', contact), rest)) do handled[#handled + 1] = item end
    work.items = counted(work.items, -rest)
  end
  if ARGV[5] == '1' then
    write_first(contact, 'SET', key('session', contact), ARGV[6])
  elseif ARGV[5] == '0' then
    call('DEL', key('session', contact))
  else
    touch_first(contact)
  end

  -- Clear the outbox, or end its hold.
  if ARGV[7] == '1' or (ARGV[7] == '2' and work.held) then
    -- `wait` is never set during a turn, so the timer was set for the pause.
    if work.pause then call('ZREM', prefix .. 'timers', contact) end
    work.pause, work.held = nil, nil
  end
  if ARGV[7] == '1' then
    if work.replies then call('DEL', key('outbox', contact)) end
    work.reply, work.replies, work.sending, work.tries = nil, nil, nil, nil
  end

  if ARGV[10] ~= '' then
    local fields = {'c', contact, 'at', now, 'letter', ARGV[10]}
    for i, item in ipairs(handled) do
      fields[#fields + 1] = 'inbox' .. i
      fields[#fields + 1] = item
    end
    call('XADD', prefix .. 'dead', '*', unpack(fields))
  end

  -- Add the replies.
  local first, last = 14, 13 + ARGV[13]
  -- If the outbox was empty, its first entry is the first one of this commit.
  is_first = first <= last and not work.reply and not work.replies
  if is_first then
    work.reply = ARGV[first]
    first = first + 1
  end
  for i = first, last do push_reply(contact, work, ARGV[i]) end

  -- Cancel and set timers.
  first, last = last + 2, last + 1 + ARGV[last + 1]
  for i = first, last do
    call('HDEL', key('timers', contact), ARGV[i])
    call('ZREM', prefix .. 'timers', contact .. '\n' .. ARGV[i])
  end
  first, last = last + 2, last + 1 + 3 * ARGV[last + 1]
  for i = first, last, 3 do
    call('HSET', key('timers', contact), ARGV[i], ARGV[i + 2])
    call('ZADD', prefix .. 'timers', ARGV[i + 1], contact .. '\n' .. ARGV[i])
  end

  if ARGV[11] ~= '' then
    local log, most = key('log', contact), tonumber(ARGV[8])
    local length = call('LPUSH', log, ARGV[11])
    -- An eighth more lines may wait to be deleted, so that not every commit has to delete one.
    if length > most + math.floor(most / 8) then call('LTRIM', log, 0, most - 1) end
    if length == 1 or ARGV[12] == '1' then call('PEXPIRE', log, ARGV[9]) end
  end

  if work.once then call('DEL', key('once', contact)) end
  work.turn, work.fails, work.once = nil, nil, nil
  work.suspect, work.alone, work.blamed = nil, nil, nil
else
  touch_first(contact)  -- This call repeats a commit whose answer was lost: only answer again.
end

expire_waits(contact, work, now)
local outgoing = next_send(contact, work)
if not outgoing then release(contact, work, has_items(work)) end
save(contact, work)
if outgoing and is_first then outgoing[1] = '' end
return outgoing or false
