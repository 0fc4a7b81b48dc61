-- ARGV: contact, now, token, end of the wait (ms), number of failed tries to add
-- Returns 'lost' or 'done'.
local contact = ARGV[1]

touch_first(contact)
local work = load(contact)
if work.token ~= ARGV[3] or not work.turn then return 'lost' end

local fails = (work.fails or 0) + ARGV[5]
work.fails = fails > 0 and string.format('%d', fails) or nil
-- A turn that has failed without ending its process is not suspect.
if ARGV[5] ~= '0' then work.suspect = nil end
work.suspect = work.suspect and '1'
work.wait = ARGV[4]
expire_waits(contact, work, ARGV[2])
release(contact, work, has_items(work) or has_replies(work))
save(contact, work)
return 'done'
