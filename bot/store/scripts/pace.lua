-- KEYS[1] is the contact's own key here.
-- ARGV: now (s), seconds after which one more send is allowed, how many may be made at once
-- Returns 'ok' if one may be made now, which then counts; else when (s), as text.
local now, interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
-- When as many may be made at once again.
local free_at = tonumber(call('GET', KEYS[1]) or '0')
-- It can't be later than that: the clock of another process is wrong, or was.
if free_at < now or free_at > now + interval * burst then free_at = now end
local at = free_at - interval * (burst - 1)
if at > now then return string.format('%.6f', at) end

free_at = free_at + interval
call('SET', KEYS[1], string.format('%.6f', free_at), 'PX', math.ceil((free_at - now) * 1000))
return 'ok'
