-- ARGV: consumer, '1' if its process is lost | '0' if it returns the leases, entry... (none = all leases)
-- Ends these leases of the consumer and queues their contacts again, behind all others.
-- Returns the number of contacts that were queued.
local consumer, is_lost = ARGV[1], ARGV[2] == '1'
local count = 0

local function end_lease(entry)
  local found = call('XRANGE', ready, entry, entry)[1]
  local contact = found and found[2][2]
  local work = contact and load(contact)
  if not work or work.ready ~= entry then
    drop_entry(entry)
    return
  end
  if is_lost then lose_turn(work) end
  local is_runnable = has_items(work) or has_replies(work)
  release(contact, work, is_runnable)
  save(contact, work)
  count = count + (is_runnable and 1 or 0)
end

if #ARGV > 2 then
  for i = 3, #ARGV do
    local held = call('XPENDING', ready, 'workers', ARGV[i], ARGV[i], 1, consumer)
    if #held > 0 then end_lease(ARGV[i]) end
  end
  return count
end
while true do
  local held = call('XPENDING', ready, 'workers', '-', '+', 100, consumer)
  if #held == 0 then break end
  for _, lease in ipairs(held) do end_lease(lease[1]) end
end
call('XGROUP', 'DELCONSUMER', ready, 'workers', consumer)
return count
