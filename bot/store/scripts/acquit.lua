-- ARGV: contact, token
-- Takes back a failed try that was counted for the loss of this claim: its process lives.
local contact = ARGV[1]
local work = load(contact)
if work.blamed ~= ARGV[2] then return end

touch_first(contact)
local fails = work.fails - 1
work.fails = fails > 0 and string.format('%d', fails) or nil
work.suspect = work.suspect and '1'
work.blamed = nil
save(contact, work)
