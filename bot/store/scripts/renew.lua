-- KEYS: ready
-- ARGV: consumer, entry...
-- Only what the consumer still has is renewed: the rest has been recovered by others.
local ready, consumer = KEYS[1], ARGV[1]

for i = 2, #ARGV do
  if #call('XPENDING', ready, 'workers', ARGV[i], ARGV[i], 1, consumer) > 0 then
    call('XCLAIM', ready, 'workers', consumer, 0, ARGV[i], 'JUSTID')
  end
end
return 'done'
