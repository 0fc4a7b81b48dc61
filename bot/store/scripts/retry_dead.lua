-- ARGV: contact, id of the dead letter
-- Appends the items or the reply of a dead letter to the inbox or outbox again. Returns 1, or 0 if there
-- is no such dead letter. A reply is marked with `?`, because the last try may have sent it.
local contact = ARGV[1]

local found = call('XRANGE', prefix .. 'dead', ARGV[2], ARGV[2])
if #found == 0 then return 0 end

local fields, work = found[1][2], load(contact)
for i = 1, #fields, 2 do
  local name, value = fields[i], fields[i + 1]
  if string.sub(name, 1, 5) == 'inbox' then
    push_item(contact, work, value)
  elseif name == 'outbox' then
    local _, is_marked = entry_id(value)
    push_reply(contact, work, is_marked and value or '?' .. value)
  end
end
call('XDEL', prefix .. 'dead', ARGV[2])

if not work.ready and (has_items(work) or has_replies(work)) then enqueue(contact, work) end
save(contact, work)
return 1
