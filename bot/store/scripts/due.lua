-- ARGV: now (ms), maximum timers
-- Moves due timers into the inboxes, and ends due waits and pauses. Returns {number of timers that were
-- due, due time of the next timer (ms) or nil}.
local now = ARGV[1]

local function end_wait(contact)
  local work = load(contact)
  call('ZREM', timers, contact)
  expire_waits(contact, work, now)
  if not work.ready and (has_items(contact, work) or has_replies(work)) then
    enqueue(contact, work)
  end
  save(contact, work)
end

local function move_to_inbox(contact, name)
  local names = key('timers', contact)
  call('RPUSH', key('inbox', contact), call('HGET', names, name))
  call('HDEL', names, name)
  call('ZREM', timers, contact .. '\n' .. name)
  local work = load(contact)
  if not work.ready and not work.wait then
    enqueue(contact, work)
    save(contact, work)
  end
end

call('ZREM', timers, '')  -- as in touch_first
local members = call('ZRANGEBYSCORE', timers, '-inf', now, 'LIMIT', 0, ARGV[2])
for _, member in ipairs(members) do
  local contact, name = string.match(member, '^([^\n]*)\n(.*)$')
  if contact then move_to_inbox(contact, name) else end_wait(member) end
end
local first = call('ZRANGE', timers, 0, 0, 'WITHSCORES')
return {#members, first[2] or false}
