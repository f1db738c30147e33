-- Remembers which entry stored or served which request of a tenant, for an hour at least, but never more than twice the
-- given number: the younger half is filled, then becomes the older one.
--
-- KEYS[1]  requests: hash of request id to <identity> <scope> <key that was served from it> <identity asked>
-- KEYS[2]  the same, older
-- ARGV[1]  how many a half may hold
-- ARGV[2…] pairs of request id and entry
--
-- Repeating it is harmless.

local HOUR = 3600

-- A half lives two hours at most: one to be filled, one to be remembered.
local left = redis.call('TTL', KEYS[1])
if left >= 0 and left < HOUR or redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[1]) then
  redis.call('UNLINK', KEYS[2])
  redis.call('RENAME', KEYS[1], KEYS[2])
  redis.call('EXPIRE', KEYS[2], HOUR)
end
-- Many at once, because a call costs more than its work on one; Lua can pass some 8,000.
for i = 2, #ARGV, 1000 do
  redis.call('HSET', KEYS[1], unpack(ARGV, i, math.min(i + 999, #ARGV)))
end
if redis.call('TTL', KEYS[1]) < 0 then
  redis.call('EXPIRE', KEYS[1], 2 * HOUR)
end
return 1
