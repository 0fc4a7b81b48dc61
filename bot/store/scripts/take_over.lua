-- ARGV: consumer, then for each lease to take over: entry, its consumer, deliveries
-- Returns {{entry, {'c', contact}}...}: the leases that were not renewed since they were read.
local taken = {}

for i = 2, #ARGV, 3 do
  local entry, holder = ARGV[i], ARGV[i + 1]
  local found = call('XPENDING', ready, 'workers', entry, entry, 1, holder)[1]
  if found and found[4] == tonumber(ARGV[i + 2]) then
    local entries = call('XCLAIM', ready, 'workers', ARGV[1], 0, entry)
    -- Before Redis 7, XCLAIM returns nil for an entry that was deleted.
    if entries[1] then taken[#taken + 1] = entries[1] else drop_entry(entry) end
  end
end
return taken
