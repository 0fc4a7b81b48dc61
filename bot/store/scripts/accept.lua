-- ARGV: contact, item, digest ('' = take it whatever it is), now, how long digests are kept (ms), most
--       items in an inbox, most entries in the stream, and where this process wants more work: its
--       consumer and a token
-- Gives 'stored', 'duplicate', 'inbox' or 'backlog' (the bound that is reached); or, where it takes
-- work along, {entry, session} of this contact, which has this one item, or {entry, nil, contact} of
-- another one that has waited for longer, is leased to the consumer now, and is yet to be claimed.
--
-- Digests are integers, which a set of Redis's packs into eight bytes each. Time is cut into
-- generations as long as digests are kept; a set has those of one generation and, as a negative
-- integer, the generation's number. The contact's two sets take turns. This generation's and the one
-- before it are looked at, so a digest is known for at least one length and for two at most; also the
-- next one's, which a process whose clock is ahead may have begun.
local contact, digest, consumer, token = ARGV[1], ARGV[3], ARGV[8], ARGV[9]
local now, length = tonumber(ARGV[4]), tonumber(ARGV[5])
local generation = math.floor(now / length)
local this = key('seen' .. generation % 2, contact)
local is_begun = false

-- Also said again where the answer got lost: the item is the inbox's only one while the turn lasts.
local function claimed()
  local w = token and call('HMGET', key('work', contact), 'ready', 'token', 'turn')
  if not w or w[2] ~= token or w[3] ~= '1' then return nil end
  return {w[1], call('GET', key('session', contact))}
end

if digest ~= '' then
  local found = call('SMISMEMBER', this, digest, -generation)
  is_begun = found[2] == 1
  if is_begun and found[1] == 1 then return claimed() or 'duplicate' end
  local other = key('seen' .. (generation + 1) % 2, contact)
  found = call('SMISMEMBER', other, digest, 1 - generation, -1 - generation)
  if found[1] == 1 and (found[2] == 1 or found[3] == 1) then return claimed() or 'duplicate' end
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
if not queue_up then return 'stored' end
local own = call('XADD', ready, '*', 'c', contact)
if token then
  -- The first in the queue, as for everybody. Without the group there is nothing to be had yet.
  local found = redis.pcall('XREADGROUP', 'GROUP', 'workers', consumer, 'COUNT', 1, 'STREAMS', ready, '>')
  local first = found and not found.err and found[1][2][1]
  if first and first[1] == own then
    call('HSET', work, 'ready', own, 'token', token, 'turn', '1')
    return {own, call('GET', key('session', contact))}
  end
  call('HSET', work, 'ready', own)
  return first and {first[1], false, first[2][2]} or 'stored'
end
call('HSET', work, 'ready', own)
return 'stored'
