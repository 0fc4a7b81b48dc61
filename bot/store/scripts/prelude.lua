-- This file is put before every script. Each script touches keys of one shard only. KEYS[1] is the
-- prefix of the keys' names: it selects the node, and the scripts build the names from it.
--
-- The unit of work is the contact. Its hash `work` has these fields. All are optional; an empty field
-- means the same as no field:
--   ready    id of the contact's one live entry in the stream `ready`
--   token    fencing token of the current claim
--   turn     '1' from a claim that returns inbox items until their commit or postponement
--   item     the inbox's first item, if the inbox was empty when the item was added
--   items    length of the list `inbox`, which has the items after `item`
--   seen     number of the present generation of digests, if the contact's set of this generation exists
--            and its other set does not; see accept.lua
--   once     '1' if results were recorded during the turn
--   fails    failed tries of the inbox's first item; if a process is lost while it runs this turn
--            alone, this counts as a failed try
--   suspect  set if a process was lost while it ran the turn of the inbox's first item, so that this
--            turn runs alone from now on: '1', or '2' if the turn ran alone then, so that it is
--            postponed first
--   alone    '1' while the turn runs alone
--   blamed   tokens of the claims whose loss counted as a failed try, separated by spaces
--   reply    the outbox's first entry, if the outbox was empty when the entry was committed, or if the
--            entry has overtaken others
--   replies  length of the list `outbox`, which has the entries after `reply`
--   wait     time until which no item of the inbox is handled (ms), after a failed turn
--   sending  id of the outbox entry that was returned for sending and whose outcome is not known
--   tries    failed tries of the outbox's first entry
--   pause    time until which no reply is sent (ms), after a failed send or a hold
--   held     '1' if `pause` is a hold, which a message from the contact ends early
--
-- Between any two scripts, the following is true for every contact:
--   1. `ready` is set exactly if one live entry of the stream (undelivered or pending) names the
--      contact. There is never a second such entry.
--   2. `ready` is set exactly if a worker handles the contact or something is runnable: the inbox has
--      an item and `wait` is not set, or the outbox has an entry and `pause` is not set.
--   3. `wait` is only set if the inbox has an item, and `pause` only if the outbox has an entry. The
--      member <contact> (without a name) is in `timers` exactly if one of the two is set, and its
--      score is the smaller time. When the time of `wait` or `pause` has passed, the timer or a worker
--      ends this field, whichever comes first. A field that was ended is not set again, so differing
--      clocks do no harm.
--   4. `token` is only set if `ready` is set: a worker that handles a contact holds its entry. `turn`
--      is only set if `token` is set, the inbox has an item and `wait` is not set. `alone` is only set
--      if `turn` is set.
--   5. `fails`, `suspect`, `blamed` and `once` are only set if the inbox has an item; `sending` and
--      `tries` only if the outbox has an entry; `held` only if `pause` is set; `seen` only if `ready`,
--      `wait` or `pause` is set. So an idle contact has no `work`.
--   6. `items` is set exactly if the list `inbox` exists, and is its length. The same is true for
--      `replies` and the list `outbox`.
-- So a contact with work is either in the stream or has a timer: no accepted item is forgotten.

local call = redis.call
local prefix = KEYS[1]
local ready = prefix .. 'ready'

local function key(kind, contact)
  return prefix .. kind .. ':' .. contact
end

-- Return the contact's `work` as a table. Scripts change the table, and `save` writes the changes.
local stored = {}
local function load(contact)
  -- A table with room for the usual fields need not grow.
  local work = {ready = nil, token = nil, turn = nil, item = nil, seen = nil, reply = nil, sending = nil}
  local flat = call('HGETALL', key('work', contact))
  for i = 1, #flat, 2 do
    local value = flat[i + 1]
    if value ~= '' then work[flat[i]] = value end
  end
  stored[contact] = flat
  return work
end

-- A server at its `maxmemory` refuses a script whose first write needs memory. Scripts that end work,
-- and so free memory, must still run. So their first write deletes something, or is done by `write_first`,
-- or this function is called first.
local function touch_first(contact)
  call('HDEL', key('work', contact), '')
end

-- Call a command that may be the first write of a script that ends work.
local function write_first(contact, ...)
  local answer = redis.pcall(...)
  if type(answer) == 'table' and answer.err then
    touch_first(contact)
    return call(...)
  end
  return answer
end

-- Write the changes of `work`, which must not be used afterwards. `ends_work` is true in scripts that end
-- work, if this may be their first write.
local function save(contact, work, ends_work)
  local flat, name = stored[contact], key('work', contact)
  if not (work.ready or work.wait or work.pause) then
    if #flat > 0 then call('DEL', name) end
    return
  end
  local changes, n = {'HSET', name, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil}, 2
  for i = 1, #flat, 2 do
    local field = flat[i]
    local value = work[field] or ''
    if value ~= flat[i + 1] then
      changes[n + 1], changes[n + 2], n = field, value, n + 2
    end
    work[field] = nil
  end
  for field, value in pairs(work) do
    changes[n + 1], changes[n + 2], n = field, value, n + 2
  end
  if n == 2 then return end
  if ends_work then write_first(contact, unpack(changes)) else call(unpack(changes)) end
end

local function enqueue(contact, work)
  work.ready = call('XADD', ready, '*', 'c', contact)
end

-- An outbox entry is `<id> <json>`. A `?` before the entry means that it may have been sent already.
local function entry_id(entry)
  local mark, id = string.match(entry, '^(%??)(%S+) ')
  return id, mark == '?'
end

-- End the wait and the pause if their times have passed. Set the timer for the one that has not ended.
-- Call this after setting `work.wait` or `work.pause`.
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
    call('ZADD', prefix .. 'timers', math.min(wait or pause, pause or wait), contact)
  else
    call('ZREM', prefix .. 'timers', contact)
  end
end

local function counted(length, change)
  local sum = (length or 0) + change
  return sum > 0 and string.format('%d', sum) or nil
end

local function push_item(contact, work, item)
  if work.item or work.items or item == '' then  -- An empty field means the same as no field.
    call('RPUSH', key('inbox', contact), item)
    work.items = counted(work.items, 1)
  else
    work.item = item
  end
end

-- Return the first items of the inbox, up to `most`.
local function first_items(contact, work, most)
  local items = {work.item}
  local rest = most - #items
  if work.items and rest > 0 then
    for _, item in ipairs(call('LRANGE', key('inbox', contact), 0, rest - 1)) do
      items[#items + 1] = item
    end
  end
  return items
end

local function push_reply(contact, work, entry)
  call('RPUSH', key('outbox', contact), entry)
  work.replies = counted(work.replies, 1)
end

local function has_items(work)
  return (work.item or work.items) and not work.wait
end

local function has_replies(work)
  return (work.reply or work.replies) and not work.pause
end

-- Mark the outbox's first entry as being sent, and return {entry, 1 if it may have been sent already,
-- failed tries}. Return nil if there is no entry to send now.
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

-- Remove the contact from the stream and from the timers of its shard. A worker that handles the contact
-- loses its lease.
local function drop_ready_and_timers(contact)
  local entry = call('HGET', key('work', contact), 'ready')
  if entry and entry ~= '' then drop_entry(entry) end
  call('ZREM', prefix .. 'timers', contact)
  for _, name in ipairs(call('HKEYS', key('timers', contact))) do
    call('ZREM', prefix .. 'timers', contact .. '\n' .. name)
  end
end

-- End the claim and drop its entry. If something is runnable, queue the contact again, behind all others.
local function release(contact, work, is_runnable)
  drop_entry(work.ready)
  work.ready, work.token, work.turn, work.alone = nil, nil, nil, nil
  if is_runnable then enqueue(contact, work) end
end

-- Record that the process that ran the turn is lost. Any turn may have ended the process, so this
-- turn is only suspect. But if the turn ran alone, it counts as failed.
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

-- Return a claim with items: {'prefetched', entry, contact, session, failed tries, suspect, item...}.
local function prefetched(contact, work, session, items)
  local fails, suspect = tonumber(work.fails or '0'), tonumber(work.suspect or '0')
  return {'prefetched', work.ready, contact, session, fails, suspect, unpack(items)}
end

-- Lease the first contact of the queue to the consumer, and return {entry, {'c', contact}}. Return nil
-- if no contact waits.
local function first_waiting(consumer)
  -- If the server was emptied, the group does not exist, and no contact waits yet.
  local found =
    redis.pcall('XREADGROUP', 'GROUP', 'workers', consumer, 'COUNT', 1, 'STREAMS', ready, '>')
  return found and not found.err and found[1][2][1] or nil
end
