-- ARGV: contact, item, digest ('' = never a duplicate), now, how long to remember digests (ms), maximum
--       items in an inbox, maximum entries in the stream, and to prefetch: consumer and token
-- Returns 'stored', 'duplicate', the limit that is reached ('inbox' or 'backlog'), or the prefetched
-- contact. This is usually the same contact, as the result of prefetched. Its only item is ARGV[2], so
-- the item is not returned. Another contact is returned as {'prefetched', entry, contact}, and must
-- still be claimed.
--
-- Digests are integers, which Redis packs into eight bytes each in a set. Time is divided into
-- generations of ARGV[5] each. A set has the digests of one generation and, as a negative integer, the
-- generation's number. The contact's two sets are used alternately. A set expires when its next
-- generation begins. So a digest is remembered for one to two generations. If a set still exists when
-- its next generation begins, because clocks differ, it is deleted first. A set with any other number
-- was written by processes with another ARGV[5], before or during a deployment: digests are added to it.
local contact, digest, consumer, token = ARGV[1], ARGV[3], ARGV[8], ARGV[9]
local now, length = tonumber(ARGV[4]), tonumber(ARGV[5])
local generation = math.floor(now / length)
local current = key('seen' .. generation % 2, contact)
local has_number, is_expired = false, false

-- Return the answer to a duplicate. If the call repeats one that prefetched this contact, return the
-- same answer again: until the turn ends, the item is the first one in the inbox.
local function duplicate()
  local work = load(contact)
  return token and work.token == token and work.turn and prefetched(contact, work, {}) or 'duplicate'
end

if digest ~= '' then
  local found = call('SMISMEMBER', current, digest, -generation, 2 - generation)
  has_number, is_expired = found[2] == 1, found[3] == 1
  if found[1] == 1 and not is_expired then return duplicate() end
  local other = key('seen' .. (generation + 1) % 2, contact)
  if call('SISMEMBER', other, digest) == 1 then return duplicate() end
end

local busy = call('HMGET', key('work', contact), 'ready', 'wait')
local is_idle = (busy[1] or '') == '' and (busy[2] or '') == ''
if is_idle and call('XLEN', ready) >= tonumber(ARGV[7]) then return 'backlog' end

-- Nothing is written before this line, so that a full server refuses the whole call.
local inbox = key('inbox', contact)
if call('RPUSH', inbox, ARGV[2]) > tonumber(ARGV[6]) then
  call('RPOP', inbox)
  return 'inbox'
end
if digest ~= '' then
  if not has_number then
    if is_expired then call('DEL', current) end
    call('SADD', current, -generation)
    call('PEXPIRE', current, (generation + 2) * length - now)
  end
  call('SADD', current, digest)
end
if not is_idle then return 'stored' end
-- The `work` of an idle contact has no field that a claim returns, so it is not read.
local work = unread(contact)
enqueue(contact, work)
local answer, first = 'stored', token and first_waiting(consumer)
if first and first[1] == work.ready then
  work.token, work.turn = token, '1'
  answer = prefetched(contact, work, {})
elseif first then
  answer = {'prefetched', first[1], first[2][2]}
end
save(contact, work)
return answer
