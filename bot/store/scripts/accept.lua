-- ARGV: contact, item, digest ('' = take it whatever it is), now, how long digests are kept (ms), most
--       items in an inbox, most entries in the stream
-- Gives 'stored', 'duplicate', 'inbox' or 'backlog' (the bound that is reached).
--
-- Digests are integers, which a set of Redis's packs into eight bytes each. Time is cut into
-- generations as long as digests are kept; a set has those of one generation and, as a negative
-- integer, the generation's number. The contact's two sets take turns. This generation's and the one
-- before it are looked at, so a digest is known for at least one length and for two at most; also the
-- next one's, which a process whose clock is ahead may have begun.
local contact, digest = ARGV[1], ARGV[3]
local now, length = tonumber(ARGV[4]), tonumber(ARGV[5])
local generation = math.floor(now / length)
local this = key('seen' .. generation % 2, contact)
local is_begun = false

if digest ~= '' then
  local found = call('SMISMEMBER', this, digest, -generation)
  is_begun = found[2] == 1
  if is_begun and found[1] == 1 then return 'duplicate' end
  local other = key('seen' .. (generation + 1) % 2, contact)
  found = call('SMISMEMBER', other, digest, 1 - generation, -1 - generation)
  if found[1] == 1 and (found[2] == 1 or found[3] == 1) then return 'duplicate' end
end

local work = key('work', contact)
local w = call('HMGET', work, 'ready', 'wait')
local queue_up = (w[1] or '') == '' and (w[2] or '') == ''
if queue_up and call('XLEN', ready) >= tonumber(ARGV[7]) then return 'backlog' end

-- Nothing is written before this, so that a full server refuses the whole and not a part.
local inbox = key('inbox', contact)
if call('RPUSH', inbox, ARGV[2]) > tonumber(ARGV[6]) then
  call('RPOP', inbox)
  return 'inbox'
end
if digest ~= '' then
  if not is_begun then
    call('DEL', this)
    call('SADD', this, -generation)
    call('PEXPIRE', this, (generation + 2) * length - now)
  end
  call('SADD', this, digest)
end
if queue_up then call('HSET', work, 'ready', call('XADD', ready, '*', 'c', contact)) end
return 'stored'
