-- ARGV: contact, now, token, until when (ms), failed tries to count
-- Gives 'lost' or 'done'.
local contact = ARGV[1]

make_room(contact)
local work = load(contact)
if work.token ~= ARGV[3] or not work.turn then return 'lost' end

local fails = (work.fails or 0) + ARGV[5]
work.fails = fails > 0 and string.format('%d', fails) or nil
work.wait = ARGV[4]
let_pass(contact, work, ARGV[2])
release(contact, work, has_items(contact, work) or has_replies(contact, work))
save(contact, work)
return 'done'
