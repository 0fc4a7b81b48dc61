-- ARGV: contact, token
-- Undoes a failed try that was counted because this claim was lost although its process is alive.
local contact = ARGV[1]
local work = load(contact)
local others, is_blamed = {}, false
for token in string.gmatch(work.blamed or '', '%S+') do
  if token == ARGV[2] then is_blamed = true else others[#others + 1] = token end
end
if not is_blamed then return end

touch_first(contact)
local fails = work.fails - 1
work.fails = fails > 0 and string.format('%d', fails) or nil
work.suspect = work.suspect and '1'
work.blamed = #others > 0 and table.concat(others, ' ') or nil
save(contact, work)
