-- ARGV: contact, item, digest ('' = never a duplicate), now, how long to remember digests (ms), maximum
--       items in an inbox, maximum entries in the stream, and to prefetch: consumer and token
-- Returns 'stored', 'duplicate', 'inbox' or 'backlog' (the bound that is reached), or the contact that was
-- prefetched: usually this one, as the result of prefetched; its only item is the one in ARGV, so it is not
-- returned. Otherwise it is {'prefetched', entry, contact}, which is still to be claimed.
--
-- Digests are integers, which Redis packs into eight bytes each in a set. Time is divided into
-- generations of ARGV[5] each. A set has the digests of one generation and, as a negative integer, the
-- generation's number. The contact's two sets take turns, and each expires when its next turn begins, so
-- a digest is known for at least one generation and for about two at most. A set that still exists
-- then, because clocks differ, is deleted first. A set with another generation's number belongs to
-- processes with another ARGV[5], before or during a deploy: digests are added to it.
local contact, digest, consumer, token = ARGV[1], ARGV[3], ARGV[8], ARGV[9]
local now, length = tonumber(ARGV[4]), tonumber(ARGV[5])
local generation = math.floor(now / length)
local current = key('seen' .. generation % 2, contact)
local has_number, is_expired = false, false

-- Return the answer to a duplicate. If it repeats a call that prefetched, repeat that answer: the item
-- is the inbox's first one until its turn ends.
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

-- Nothing is written before this, so that a full server refuses all of it and not a part.
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
-- An idle contact has no field that a claim returns, so the rest of its work is not read.
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
