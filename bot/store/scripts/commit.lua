-- KEYS: work inbox outbox session once log names ready timers dead
-- ARGV: contact, now, token, handled items, '1' to write the session | '0' to delete it, session,
--       '1' to clear the outbox | '2' to end its hold | '0', log line ('' = none), log lines kept, their lifetime (ms),
--       dead letter ('' = none), then four lists, each preceded by its length:
--       outbox entries, further inbox items, names of timers cancelled, timers set (name due item)
-- Gives 'lost', or the reply to send next (as in hand_out), or nil.
local work, inbox, outbox, session, once = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local log, names, ready, timers, dead = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10]
local contact, now = ARGV[1], ARGV[2]

local position = 12
local function each_of_list(width, act)
  local last = position + tonumber(ARGV[position]) * width
  for i = position + 1, last, width do act(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
  position = last + 1
end

local function apply()
  local handled = call('LPOP', inbox, ARGV[4]) or {}
  if ARGV[5] == '1' then call('SET', session, ARGV[6]) else call('DEL', session) end
  if ARGV[7] == '1' or (ARGV[7] == '2' and call('HGET', work, 'held')) then
    -- No `wait` stands during a turn, so the timer was the pause's alone.
    if call('HGET', work, 'pause') then call('ZREM', timers, contact) end
    call('HDEL', work, 'pause', 'held')
  end
  if ARGV[7] == '1' then
    call('DEL', outbox)
    call('HDEL', work, 'sending', 'tries')
  end
  if ARGV[8] ~= '' then
    call('LPUSH', log, ARGV[8])
    call('LTRIM', log, 0, tonumber(ARGV[9]) - 1)
    call('PEXPIRE', log, ARGV[10])
  end
  if ARGV[11] ~= '' then
    local fields = {'c', contact, 'at', now, 'letter', ARGV[11]}
    for i, item in ipairs(handled) do
      fields[#fields + 1] = 'inbox' .. i
      fields[#fields + 1] = item
    end
    call('XADD', dead, '*', unpack(fields))
  end
  each_of_list(1, function(entry) call('RPUSH', outbox, entry) end)
  each_of_list(1, function(item) call('RPUSH', inbox, item) end)
  each_of_list(1, function(name)
    call('HDEL', names, name)
    call('ZREM', timers, contact .. '\n' .. name)
  end)
  each_of_list(3, function(name, due, item)
    call('HSET', names, name, item)
    call('ZADD', timers, due, contact .. '\n' .. name)
  end)
  call('DEL', once)
  call('HDEL', work, 'turn', 'fails')
end

make_room(work)
local w = call('HMGET', work, 'token', 'turn')
if w[1] ~= ARGV[3] then return 'lost' end
-- Without `turn` this is the repetition of a commit whose answer got lost: only answer again.
if w[2] then apply() end

local wait, pause = standing(work, timers, contact, now)
local outgoing = not pause and hand_out(work, outbox)
if outgoing then return outgoing end
release(work, ready, inbox, outbox, contact, wait, pause)
return false
