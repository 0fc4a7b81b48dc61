-- ARGV: consumer, entry...
-- Returns the renewed entries: those that the consumer still holds. Other consumers have recovered the
-- other entries. Each renewal counts as a delivery, by which other consumers notice it; see recover.lua.
local consumer = ARGV[1]
local renewed = {}

for i = 2, #ARGV do
  if #call('XPENDING', ready, 'workers', ARGV[i], ARGV[i], 1, consumer) > 0 then
    call('XCLAIM', ready, 'workers', consumer, 0, ARGV[i])
    renewed[#renewed + 1] = ARGV[i]
  end
end
return renewed
