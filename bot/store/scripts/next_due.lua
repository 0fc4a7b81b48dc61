-- ARGV: the prefixes of all shards, which are on one node here
-- Returns for each shard the due time of its first timer (ms); nil for a shard without timers.
local scores = {}
for i, shard in ipairs(ARGV) do
  scores[i] = call('ZRANGE', shard .. 'timers', 0, 0, 'WITHSCORES')[2] or false
end
return scores
