-- ARGV: contact, item, digest ('' = take it whatever it is), now, how long digests are kept (ms), most
--       items in an inbox, most entries in the stream, and where this process wants more work: its
--       consumer and a token
-- Gives 'stored', 'duplicate', 'inbox' or 'backlog' (the bound that is reached), or what it takes
-- along, as in enqueue_and_prefetch; the claim's only item is the one at hand, and isn't repeated.
--
-- Digests are integers, which a set of Redis's packs into eight bytes each. Time is cut into
-- generations as long as digests are kept; a set has those of one generation and, as a negative
-- integer, the generation's number. The contact's two sets take turns, and each expires when its turn
-- comes again, so a digest is known for at least one length and for about two at most. A set that is
-- still there then, since clocks differ, is begun anew. One with other numbers is of processes that
-- keep digests for another length, before a deploy or during it: it goes on being added to.
local contact, digest, consumer, token = ARGV[1], ARGV[3], ARGV[8], ARGV[9]
local now, length = tonumber(ARGV[4]), tonumber(ARGV[5])
local generation = math.floor(now / length)
local this = key('seen' .. generation % 2, contact)
local is_begun, is_over = false, false

-- A repetition of what was taken along is answered again: the item is the inbox's first one while
-- its turn lasts.
local function repeated()
  local work = load(contact)
  return token and work.token == token and work.turn and prefetched(contact, work, {}) or 'duplicate'
end

if digest ~= '' then
  local found = call('SMISMEMBER', this, digest, -generation, 2 - generation)
  is_begun, is_over = found[2] == 1, found[3] == 1
  if found[1] == 1 and not is_over then return repeated() end
  local other = key('seen' .. (generation + 1) % 2, contact)
  if call('SISMEMBER', other, digest) == 1 then return repeated() end
end

local work = load(contact)
local queue_up = not work.ready and not work.wait
if queue_up and call('XLEN', ready) >= tonumber(ARGV[7]) then return 'backlog' end

-- Nothing is written before this, so that a full server refuses the whole and not a part.
local inbox = key('inbox', contact)
if call('RPUSH', inbox, ARGV[2]) > tonumber(ARGV[6]) then
  call('RPOP', inbox)
  return 'inbox'
end
if digest ~= '' then
  if not is_begun then
    if is_over then call('DEL', this) end
    call('SADD', this, -generation)
    call('PEXPIRE', this, (generation + 2) * length - now)
  end
  call('SADD', this, digest)
end
if not queue_up then return 'stored' end
local along = enqueue_and_prefetch(contact, work, consumer, token, function() return {} end)
save(contact, work)
return along or 'stored'
