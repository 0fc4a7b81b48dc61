-- KEYS[1] is the app's own key, which is in no shard.
-- ARGV: now (s), seconds between two sends, minimum lifetime of the key (ms)
-- Returns the time of the next send (s), as text, because a number would lose its fraction.
local now = tonumber(ARGV[1])
local first = tonumber(call('GET', KEYS[1]) or '0')
-- A later time than this is only possible if the clock of a process is or was wrong.
if first < now or first > now + 300 then first = now end
local following = first + tonumber(ARGV[2])

call('PERSIST', KEYS[1])  -- as in touch_first
local lifetime = math.ceil((following - now) * 1000) + tonumber(ARGV[3])
call('SET', KEYS[1], string.format('%.6f', following), 'PX', lifetime)
return string.format('%.6f', first)
