-- KEYS: work inbox seen ready
-- ARGV: contact, item, digest ('' = take it whatever it is), now, oldest digest kept (ms),
--       lifetime of digests (ms), most items in an inbox, most entries in the stream
-- Gives 'stored', 'duplicate', 'inbox' or 'backlog' (the bound that is reached).
local work, inbox, seen, ready = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local digest, oldest = ARGV[3], ARGV[5]

if digest ~= '' then
  local at = call('ZSCORE', seen, digest)
  if at and tonumber(at) >= tonumber(oldest) then return 'duplicate' end
end

local w = call('HMGET', work, 'ready', 'wait')
local queue_up = not w[1] and not w[2]
if call('LLEN', inbox) >= tonumber(ARGV[7]) then return 'inbox' end
if queue_up and call('XLEN', ready) >= tonumber(ARGV[8]) then return 'backlog' end

-- Nothing is written before this, so that a full server refuses the whole and not a part.
call('RPUSH', inbox, ARGV[2])
if digest ~= '' then
  call('ZREMRANGEBYSCORE', seen, '-inf', '(' .. oldest)
  call('ZADD', seen, ARGV[4], digest)
  call('PEXPIRE', seen, ARGV[6])
end
if queue_up then enqueue(work, ready, ARGV[1]) end
return 'stored'
