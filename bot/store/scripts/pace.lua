-- KEYS[1] is the contact's own key.
-- ARGV: now (s), seconds after which another send is allowed, maximum number of sends at once
-- Returns 'ok' if a send is allowed now; then the send counts. Otherwise returns the time at which the send
-- is allowed (s), as text.
local now, interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
-- The time at which the maximum number of sends is allowed at once again.
local free_at = tonumber(call('GET', KEYS[1]) or '0')
-- A later time than this is only possible if the clock of a process is or was wrong.
if free_at < now or free_at > now + interval * burst then free_at = now end
local at = free_at - interval * (burst - 1)
if at > now then return string.format('%.6f', at) end

free_at = free_at + interval
call('SET', KEYS[1], string.format('%.6f', free_at), 'PX', math.ceil((free_at - now) * 1000))
return 'ok'
