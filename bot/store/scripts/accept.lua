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

local work = key('work', contact)
local known = call('HMGET', work, 'ready', 'wait', 'item', 'items', 'seen')
local is_idle = (known[1] or '') == '' and (known[2] or '') == ''
local has_item, items = (known[3] or '') ~= '', tonumber(known[4]) or 0
local seen = string.format('%d', generation)
-- If only the set of this generation exists, adding the digest also finds a duplicate.
local is_only_set = digest ~= '' and known[5] == seen

local is_known, has_number, is_expired = false, false, false
if digest ~= '' and not is_only_set then
  local found = call('SMISMEMBER', current, digest, -generation, 2 - generation)
  has_number, is_expired = found[2] == 1, found[3] == 1
  local other = key('seen' .. (generation + 1) % 2, contact)
  local has_other = call('SCARD', other) > 0
  is_known = (found[1] == 1 and not is_expired)
    or (has_other and call('SISMEMBER', other, digest) == 1)
  if has_other then seen = '' end
end

local limit
if items + (has_item and 1 or 0) >= tonumber(ARGV[6]) then
  limit = 'inbox'
elseif is_idle and call('XLEN', ready) >= tonumber(ARGV[7]) then
  limit = 'backlog'
end

-- Nothing is written before this line, so that a full server refuses the whole call.
if is_only_set and limit then
  is_known = call('SISMEMBER', current, digest) == 1
elseif is_only_set then
  is_known = call('SADD', current, digest) == 0
end
if is_known then
  -- If the call repeats one that prefetched this contact, return the same answer again: until the turn
  -- ends, the item is the first one in the inbox.
  local claim = load(contact)
  if not token or claim.token ~= token or not claim.turn then return 'duplicate' end
  return prefetched(contact, claim, call('GET', key('session', contact)), {})
end
if limit then return limit end
if has_number then
  call('SADD', current, digest)
elseif digest ~= '' and not is_only_set then
  if is_expired then call('DEL', current) end
  call('SADD', current, -generation, digest)
  call('PEXPIRE', current, (generation + 2) * length - now)
end
if digest == '' then seen = known[5] or '' end

-- An empty field means the same as no field, so an item without content is in the list, too.
local field, value = 'item', ARGV[2]
if has_item or items > 0 or value == '' then
  call('RPUSH', key('inbox', contact), value)
  field, value = 'items', items + 1
end
if not is_idle then
  call('HSET', work, field, value, 'seen', seen)
  return 'stored'
end
local entry = call('XADD', ready, '*', 'c', contact)
local first = token and first_waiting(consumer)
if first and first[1] == entry then
  call('HSET', work, field, value, 'seen', seen, 'ready', entry, 'token', token, 'turn', '1')
  -- The `work` of an idle contact has no other field that a claim returns.
  return prefetched(contact, {ready = entry}, call('GET', key('session', contact)), {})
end
call('HSET', work, field, value, 'seen', seen, 'ready', entry)
return first and {'prefetched', first[1], first[2][2]} or 'stored'
