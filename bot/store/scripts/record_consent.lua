-- ARGV: digest of an identity, lifetime (ms), then for each change: purpose, 'in' or 'out', time (ms)
-- Stores the newest change of each purpose, so a repeated or late call changes nothing.
local record = key('consent', ARGV[1])
for i = 3, #ARGV, 3 do
  local known = call('HGET', record, ARGV[i])
  if not known or tonumber(string.match(known, '%d+$')) <= tonumber(ARGV[i + 2]) then
    call('HSET', record, ARGV[i], ARGV[i + 1] .. ' ' .. ARGV[i + 2])
  end
end
call('PEXPIRE', record, ARGV[2])
return 1
