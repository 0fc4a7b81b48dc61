-- Returns the number of times that this shard's data has moved to another server process: by a restart,
-- a fail-over or a restored copy. At each time, the last writes may be missing.
local name = prefix .. 'history'
local info = redis.pcall('INFO', 'server')
-- If the ACL user may not run INFO, this is an error, and no move is noticed.
local process = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
local epoch, known = string.match(call('GET', name) or '', '^(%d+) (%w*)$')

if known ~= process then
  epoch = epoch and string.format('%d', epoch + 1) or '0'
  call('PERSIST', name)  -- as in touch_first
  call('SET', name, epoch .. ' ' .. process)
end
return tonumber(epoch)
