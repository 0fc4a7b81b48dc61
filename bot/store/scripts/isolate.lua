-- ARGV: contact, token
-- Records that the turn runs alone in its process from now on. Returns 'lost' or 'done'.
local contact = ARGV[1]

touch_first(contact)
local work = load(contact)
if work.token ~= ARGV[2] or not work.turn then return 'lost' end

work.alone = '1'
save(contact, work)
return 'done'
