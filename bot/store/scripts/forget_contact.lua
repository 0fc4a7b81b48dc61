-- ARGV: contact
-- Deletes the contact's data except its dead letters. Returns the number of deleted keys. A worker that
-- handles the contact loses its lease.
local contact = ARGV[1]

drop_ready_and_timers(contact)

local deleted = 0
for _, kind in ipairs({
  'work', 'inbox', 'outbox', 'session', 'seen0', 'seen1', 'once', 'log', 'timers', 'pace',
  'notes',
}) do
  deleted = deleted + call('DEL', key(kind, contact))
end
return deleted
