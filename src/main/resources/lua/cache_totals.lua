-- Adds what one replica counted, and notes which scopes and tenants have something in the cache.
--
-- KEYS[1]  totals: hash of counters
-- KEYS[2]  the last number of this replica that was counted
-- KEYS[3]  scopes: sorted set by the time when nothing of theirs can be left, microseconds of this Redis' clock
-- KEYS[4]  tenants whose requests are remembered, likewise
-- ARGV[1]  number of this write, growing by one; a number that was counted is not counted again, because a write that
--          timed out may have happened
-- ARGV[2]  how long to remember the scopes and tenants, in microseconds
-- ARGV[3]  how many counters follow, each a name and what to add to it
-- ARGV[…]  then how many scopes follow, the scopes, and the tenants

local SEQUENCE_SECONDS = 7 * 86400

if tonumber(ARGV[1]) <= tonumber(redis.call('GET', KEYS[2]) or '0') then
  return 0
end
-- The number goes first: Redis out of memory refuses a script's first write only, so all of it happens or nothing.
redis.call('SET', KEYS[2], ARGV[1], 'EX', SEQUENCE_SECONDS)

local i = 4
for _ = 1, tonumber(ARGV[3]) do
  redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1])
  i = i + 2
end

local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
local gone = string.format('%.0f', now + tonumber(ARGV[2]))
local scopes = tonumber(ARGV[i])
for j = i + 1, #ARGV do
  redis.call('ZADD', j <= i + scopes and KEYS[3] or KEYS[4], gone, ARGV[j])
end
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', string.format('%.0f', now))
redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', string.format('%.0f', now))
return 1
