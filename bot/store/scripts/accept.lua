-- KEYS: work inbox seen ready
-- ARGV: contact, item, digest ('' = take it whatever it is), now, oldest digest kept (ms),
--       lifetime of digests (ms), most items in an inbox, most entries in the stream
-- Gives 'stored', 'duplicate', 'inbox' or 'backlog' (the bound that is reached).
local work, inbox, seen, ready = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local digest = ARGV[3]

if digest ~= '' then
  call('ZREMRANGEBYSCORE', seen, '-inf', '(' .. ARGV[5])
  if call('ZADD', seen, 'NX', ARGV[4], digest) == 0 then return 'duplicate' end
end

local w = call('HMGET', work, 'ready', 'wait')
local queue_up = not w[1] and not w[2]
local full = (call('LLEN', inbox) >= tonumber(ARGV[7]) and 'inbox')
  or (queue_up and call('XLEN', ready) >= tonumber(ARGV[8]) and 'backlog')
if full then
  if digest ~= '' then call('ZREM', seen, digest) end
  return full
end

if digest ~= '' then call('PEXPIRE', seen, ARGV[6]) end
call('RPUSH', inbox, ARGV[2])
if queue_up then enqueue(work, ready, ARGV[1]) end
return 'stored'
