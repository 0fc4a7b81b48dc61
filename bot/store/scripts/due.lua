-- ARGV: now (ms), maximum timers
-- Moves due timers into the inboxes, and ends due waits and pauses. Returns {number of timers that were
-- due, due time of the next timer (ms) or nil}.
local now = ARGV[1]

local function end_wait(contact)
  local work = load(contact)
  call('ZREM', prefix .. 'timers', contact)
  expire_waits(contact, work, now)
  if not work.ready and (has_items(work) or has_replies(work)) then
    enqueue(contact, work)
  end
  save(contact, work)
end

local function move_to_inbox(contact, name)
  local names, work = key('timers', contact), load(contact)
  push_item(contact, work, call('HGET', names, name))
  call('HDEL', names, name)
  call('ZREM', prefix .. 'timers', contact .. '\n' .. name)
  if not work.ready and not work.wait then enqueue(contact, work) end
  save(contact, work)
end

call('ZREM', prefix .. 'timers', '')  -- as in touch_first
local members = call('ZRANGEBYSCORE', prefix .. 'timers', '-inf', now, 'LIMIT', 0, ARGV[2])
for _, member in ipairs(members) do
  local contact, name = string.match(member, '^([^\n]*)\n(.*)$')
  if contact then move_to_inbox(contact, name) else end_wait(member) end
end
local first = call('ZRANGE', prefix .. 'timers', 0, 0, 'WITHSCORES')
return {#members, first[2] or false}
