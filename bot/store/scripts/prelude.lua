-- Put before every script. Each script touches the keys of one shard only; KEYS[1] is the prefix of
-- their names, which leads to their node, and the scripts make the names from it.
--
-- The unit of work is the contact. Its hash `work` has these fields, all optional; an empty one is as
-- good as none:
--   ready    id of its one live entry in the stream `ready`
--   token    fencing token of the claim that holds it now
--   turn     '1' from a claim that hands out inbox items until their commit or postponement
--   once     '1' where results were recorded during the turn
--   fails    failed tries of the inbox's head; a process that was lost while it ran this turn alone is one
--   suspect  set where a process was lost while it ran the turn of the inbox's head, which therefore runs
--            alone from now on: '1', or '2' if it ran alone then, so that it waits first
--   alone    '1' while that turn runs alone
--   blamed   tokens of the claims whose loss counted as a failed try, with blanks between
--   reply    the outbox's head, if the outbox was empty when it was committed
--   replies  length of the list `outbox`, which has the entries after that one
--   wait     until when the inbox stands still (ms), after a failed turn
--   sending  id of the outbox entry that was handed out and whose outcome is not known
--   tries    failed tries of the outbox's head
--   pause    until when the outbox stands still (ms), after a failed send or a hold
--   held     '1' where `pause` is a hold, which a message of the contact's ends before its time
--
-- What holds between any two scripts, for every contact:
--   1. `ready` is set exactly when one live entry of the stream (undelivered or pending) names the
--      contact; there is never a second one.
--   2. `ready` is set exactly when somebody works on the contact or something is runnable: the inbox
--      has an item and `wait` is not set, or the outbox has an entry and `pause` is not set.
--   3. `wait` is set only with an item in the inbox, `pause` only with an entry in the outbox. The
--      member <contact> (without a name) is in `timers` exactly when one of them is set, and its
--      score is the smaller of the two. Once passed they are ended by whichever comes first, that
--      timer or a worker; nothing sets them again, so clocks that differ do no harm.
--   4. `token` is set only along with `ready`: whoever works on a contact holds its entry. `turn` is
--      set only along with `token`, an item in the inbox, and no `wait`; `alone` only along with `turn`.
--   5. `fails`, `suspect`, `blamed` and `once` are set only with an item in the inbox; `sending` and
--      `tries` are set only with an entry in the outbox, and `held` only along with `pause`. So `work`
--      does not exist for a contact that is idle.
--   6. `replies` is set exactly when the list `outbox` exists, and is its length.
-- A contact with work is thus either in the stream or has a timer: nothing accepted is forgotten.

local call = redis.call
local prefix = KEYS[1]
local ready, timers, dead = prefix .. 'ready', prefix .. 'timers', prefix .. 'dead'

local function key(kind, contact)
  return prefix .. kind .. ':' .. contact
end

-- A contact's `work` as a table. Scripts change the table, and `save` writes the changes.
local loaded = {}
local function load(contact)
  local flat = call('HGETALL', key('work', contact))
  local work, before = {}, {}
  for i = 1, #flat, 2 do
    if flat[i + 1] ~= '' then
      work[flat[i]] = flat[i + 1]
      before[flat[i]] = flat[i + 1]
    end
  end
  loaded[contact] = before
  return work
end

-- A contact's `work` as an empty table, of which `save` writes the fields that are set.
local function unread(contact)
  loaded[contact] = {}
  return {}
end

local function save(contact, work)
  local name, before, changed = key('work', contact), loaded[contact], {}
  if not next(work) then
    if next(before) then call('DEL', name) end
    return
  end
  for field in pairs(before) do
    if not work[field] then
      changed[#changed + 1] = field
      changed[#changed + 1] = ''
    end
  end
  for field, value in pairs(work) do
    if before[field] ~= value then
      changed[#changed + 1] = field
      changed[#changed + 1] = value
    end
  end
  if #changed > 0 then call('HSET', name, unpack(changed)) end
end

-- A server at its `maxmemory` refuses a script whose first write needs memory. Scripts that end work,
-- and so free memory, must still run: their first write is one that deletes something, or else this.
local function touch_first(contact)
  call('HDEL', key('work', contact), '')
end

local function enqueue(contact, work)
  work.ready = call('XADD', ready, '*', 'c', contact)
end

-- An outbox entry is `<id> <json>`; a `?` before it means that it may have been sent already.
local function entry_id(entry)
  local mark, id = string.match(entry, '^(%??)(%S+) ')
  return id, mark == '?'
end

-- End the wait and the pause if their time has come, and set the timer for the rest. Call it after
-- setting either.
local function expire_waits(contact, work, now)
  if not work.wait and not work.pause then return end
  now = tonumber(now)
  if work.wait and tonumber(work.wait) <= now then work.wait = nil end
  if work.pause and tonumber(work.pause) <= now then
    work.pause = nil
    work.held = nil
  end
  local wait, pause = tonumber(work.wait), tonumber(work.pause)
  if wait or pause then
    call('ZADD', timers, math.min(wait or pause, pause or wait), contact)
  else
    call('ZREM', timers, contact)
  end
end

local function count_replies(work, change)
  local sum = (work.replies or 0) + change
  work.replies = sum > 0 and string.format('%d', sum) or nil
end

local function push_reply(contact, work, entry)
  call('RPUSH', key('outbox', contact), entry)
  count_replies(work, 1)
end

local function has_items(contact, work)
  return not work.wait and call('EXISTS', key('inbox', contact)) == 1
end

local function has_replies(work)
  return (work.reply or work.replies) and not work.pause
end

-- The outbox's head as {entry, 1 if it may have been sent already, failed tries}, marked as being sent;
-- nil if there is none to send now.
local function next_send(contact, work)
  if not has_replies(work) then return nil end
  local head = work.reply or call('LINDEX', key('outbox', contact), 0)
  local id, is_marked = entry_id(head)
  local may_be_sent = is_marked or work.sending == id
  work.sending = id
  return {head, may_be_sent and 1 or 0, tonumber(work.tries or '0')}
end

local function drop_entry(entry)
  call('XACK', ready, 'workers', entry)
  call('XDEL', ready, entry)
end

-- End the claim: drop its entry, and queue the contact again behind all others if something is runnable.
local function release(contact, work, is_runnable)
  drop_entry(work.ready)
  work.ready, work.token, work.turn, work.alone = nil, nil, nil, nil
  if is_runnable then enqueue(contact, work) end
end

-- Note that the process that ran a turn is lost. Any of its turns may have ended it, so this one is only
-- suspected; but if it ran alone, it counts as failed.
local function lose_turn(work)
  if not work.turn then return end
  if work.alone then
    work.fails = string.format('%d', (work.fails or 0) + 1)
    work.suspect = '2'
    work.blamed = work.blamed and work.blamed .. ' ' .. work.token or work.token
  else
    work.suspect = work.suspect or '1'
  end
  work.turn, work.alone = nil, nil
end

-- A claim with items, as {'prefetched', entry, contact, session, failed tries, suspect, item...}.
local function prefetched(contact, work, items)
  local session = call('GET', key('session', contact))
  local fails, suspect = tonumber(work.fails or '0'), tonumber(work.suspect or '0')
  return {'prefetched', work.ready, contact, session, fails, suspect, unpack(items)}
end

-- Lease the first contact of the queue to the consumer, as {entry, {'c', contact}}; nil if none waits.
local function first_waiting(consumer)
  -- After somebody has emptied the server there is no group, and so nothing waits yet.
  local found =
    redis.pcall('XREADGROUP', 'GROUP', 'workers', consumer, 'COUNT', 1, 'STREAMS', ready, '>')
  return found and not found.err and found[1][2][1] or nil
end
