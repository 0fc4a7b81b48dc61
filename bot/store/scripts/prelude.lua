-- Put before every script. Each script touches the keys of one shard only.
--
-- The unit of work is the contact. Its hash `work` has these fields, all optional:
--   ready    id of its one live entry in the stream `ready`
--   token    fencing token of the claim that holds it now
--   turn     '1' from a claim that hands out inbox items until their commit or postponement
--   fails    failed tries of the inbox's head; a lease lost during a turn is one
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
--      set only along with `token`, an item in the inbox, and no `wait`.
--   5. `fails` is set only with an item in the inbox; `sending` and `tries` are set only with an entry
--      in the outbox, and `held` only along with `pause`. So `work` does not exist for a contact that is idle.
-- A contact with work is thus either in the stream or has a timer: nothing accepted is forgotten.

local call = redis.call

-- A server at its `maxmemory` refuses a script whose first write needs memory. What ends work, and
-- so makes room, must go on: it begins with a write that needs none.
local function make_room(work)
  call('HDEL', work, '')
end

local function enqueue(work, ready, contact)
  call('HSET', work, 'ready', call('XADD', ready, '*', 'c', contact))
end

-- An outbox entry is `<id> <json>`; a `?` before it says that it may have been sent already.
local function entry_id(entry)
  local mark, id = string.match(entry, '^(%??)(%S+) ')
  return id, mark == '?'
end

-- End the wait or pause whose time has come, and set the timer for what still stands. Gives the
-- `wait` and `pause` that still stand, or nil. To be called after either was set.
local function standing(work, timers, contact, now)
  local w = call('HMGET', work, 'wait', 'pause')
  local wait, pause = tonumber(w[1]), tonumber(w[2])
  if not wait and not pause then return nil, nil end
  if wait and wait <= tonumber(now) then
    call('HDEL', work, 'wait')
    wait = nil
  end
  if pause and pause <= tonumber(now) then
    call('HDEL', work, 'pause', 'held')
    pause = nil
  end
  if wait or pause then
    call('ZADD', timers, math.min(wait or pause, pause or wait), contact)
  else
    call('ZREM', timers, contact)
  end
  return wait, pause
end

local function is_runnable(inbox, outbox, wait, pause)
  return (not wait and call('EXISTS', inbox) == 1) or (not pause and call('EXISTS', outbox) == 1)
end

-- The outbox's head as {entry, 1 if it may have been sent already, failed tries}, or nil.
local function hand_out(work, outbox)
  local head = call('LINDEX', outbox, 0)
  if not head then return nil end
  local id, is_marked = entry_id(head)
  local was = call('HMGET', work, 'sending', 'tries')
  call('HSET', work, 'sending', id)
  return {head, (is_marked or was[1] == id) and 1 or 0, tonumber(was[2] or '0')}
end

-- The claim's end: drop its entry, and queue up again behind all others if something is runnable.
local function release(work, ready, inbox, outbox, contact, wait, pause)
  local entry = call('HGET', work, 'ready')
  call('XACK', ready, 'workers', entry)
  call('XDEL', ready, entry)
  call('HDEL', work, 'ready', 'token', 'turn')
  if is_runnable(inbox, outbox, wait, pause) then enqueue(work, ready, contact) end
end
