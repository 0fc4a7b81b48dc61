-- KEYS: ready timers
-- ARGV: prefix of the shard's keys, now (ms), most timers to take
-- Gives {timers taken, score of the next one or nil}. The keys of the contacts whose timers are due
-- can't be named beforehand; they lie in the same shard.
local ready, timers = KEYS[1], KEYS[2]
local prefix, now = ARGV[1], ARGV[2]

local function resume(contact)
  local work = prefix .. 'work:' .. contact
  call('ZREM', timers, contact)
  local wait, pause = standing(work, timers, contact, now)
  if call('HEXISTS', work, 'ready') == 1 then return end
  local inbox, outbox = prefix .. 'inbox:' .. contact, prefix .. 'outbox:' .. contact
  if is_runnable(inbox, outbox, wait, pause) then enqueue(work, ready, contact) end
end

local function move(contact, name)
  local names = prefix .. 'timers:' .. contact
  call('RPUSH', prefix .. 'inbox:' .. contact, call('HGET', names, name))
  call('HDEL', names, name)
  call('ZREM', timers, contact .. '\n' .. name)
  local work = prefix .. 'work:' .. contact
  local w = call('HMGET', work, 'ready', 'wait')
  if not w[1] and not w[2] then enqueue(work, ready, contact) end
end

call('ZREM', timers, '')  -- as make_room does
local members = call('ZRANGEBYSCORE', timers, '-inf', now, 'LIMIT', 0, ARGV[3])
for _, member in ipairs(members) do
  local contact, name = string.match(member, '^([^\n]*)\n(.*)$')
  if contact then move(contact, name) else resume(member) end
end
local first = call('ZRANGE', timers, 0, 0, 'WITHSCORES')
return {#members, first[2] or false}
