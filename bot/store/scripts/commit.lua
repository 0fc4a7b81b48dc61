-- ARGV: contact, now, token, number of handled items, change of the session ('1' = write | '0' = delete |
--       '' = none), session, change of the outbox ('1' = clear | '2' = end its hold | '0' = none),
--       maximum log lines, their lifetime (ms), dead letter ('' = none), log line ('' = none), number of
--       outbox entries that overtake a held one, '1' to restart the lifetime of the log | '0', then three
--       lists, each after its length: outbox entries, names of timers to cancel, timers to set (name, due,
--       item)
-- Returns 'lost', the reply to send next, or nil. The reply is the result of next_send, with '' instead of
-- the entry if it is the first outbox entry in ARGV.
local contact, now = ARGV[1], ARGV[2]
local work = load(contact)

local position = 14
local function next_list(width)
  local first = position + 1
  position = first + tonumber(ARGV[position]) * width
  return first, position - 1
end

local function clear_outbox(mode)
  if mode == '1' or (mode == '2' and work.held) then
    -- `wait` is never set during a turn, so the timer was set for the pause.
    if work.pause then call('ZREM', timers, contact) end
    work.pause, work.held = nil, nil
  end
  if mode == '1' then
    if work.replies then call('DEL', key('outbox', contact)) end
    work.reply, work.replies, work.sending, work.tries = nil, nil, nil, nil
  end
end

local function add_dead_letter(letter, handled)
  local fields = {'c', contact, 'at', now, 'letter', letter}
  for i, item in ipairs(handled) do
    fields[#fields + 1] = 'inbox' .. i
    fields[#fields + 1] = item
  end
  call('XADD', dead, '*', unpack(fields))
end

local function set_timers()
  local names = key('timers', contact)
  local first, last = next_list(1)
  for i = first, last do
    call('HDEL', names, ARGV[i])
    call('ZREM', timers, contact .. '\n' .. ARGV[i])
  end
  first, last = next_list(3)
  for i = first, last, 3 do
    call('HSET', names, ARGV[i], ARGV[i + 2])
    call('ZADD', timers, ARGV[i + 1], contact .. '\n' .. ARGV[i])
  end
end

local function write_log()
  if ARGV[11] == '' then return end
  local name = key('log', contact)
  local length, most = call('LPUSH', name, ARGV[11]), tonumber(ARGV[8])
  -- An eighth more lines may wait to be deleted, so that not every commit has to delete one.
  if length > most + math.floor(most / 8) then call('LTRIM', name, 0, most - 1) end
  if length == 1 or ARGV[13] == '1' then call('PEXPIRE', name, ARGV[9]) end
end

-- Put entries before the held first entry of the outbox, and end its hold.
local function overtake(first, last)
  if work.reply then
    call('LPUSH', key('outbox', contact), work.reply)
    count_replies(work, 1)
  end
  for i = last, first, -1 do call('LPUSH', key('outbox', contact), ARGV[i]) end
  count_replies(work, last - first + 1)
  call('ZREM', timers, contact)  -- `wait` is never set during a turn.
  work.reply, work.pause, work.held, work.tries = nil, nil, nil, nil
end

-- Return whether the outbox was empty, so that its first entry is the first one of this commit.
local function add_replies()
  local first, last = next_list(1)
  local overtaking = tonumber(ARGV[12])
  if overtaking > 0 and work.held then
    overtake(first, first + overtaking - 1)
    first = first + overtaking
  end
  local is_first = first <= last and not work.reply and not work.replies
  if is_first then
    work.reply = ARGV[first]
    first = first + 1
  end
  for i = first, last do push_reply(contact, work, ARGV[i]) end
  return is_first
end

local function apply()
  local handled = call('LPOP', key('inbox', contact), ARGV[4]) or {}
  if ARGV[5] == '1' then
    call('SET', key('session', contact), ARGV[6])
  elseif ARGV[5] == '0' then
    call('DEL', key('session', contact))
  end
  clear_outbox(ARGV[7])
  if ARGV[10] ~= '' then add_dead_letter(ARGV[10], handled) end
  local is_first = add_replies()
  set_timers()
  write_log()
  if work.once then call('DEL', key('once', contact)) end
  work.turn, work.fails, work.once = nil, nil, nil
  work.suspect, work.alone, work.blamed = nil, nil, nil
  return is_first
end

if work.token ~= ARGV[3] then return 'lost' end
local is_first = false
if work.turn then
  is_first = apply()
else
  touch_first(contact)  -- This call repeats a commit whose answer was lost: only answer again.
end
expire_waits(contact, work, now)
local outgoing = next_send(contact, work)
if not outgoing then release(contact, work, has_items(contact, work)) end
save(contact, work)
if outgoing and is_first then outgoing[1] = '' end
return outgoing or false
