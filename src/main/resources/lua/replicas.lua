-- Keeps the list of replicas that are alive. Safe to repeat.
--
-- KEYS[1]  replicas, with the time when each was last heard of
-- ARGV[1]  the replica that runs this
-- ARGV[2]  milliseconds of silence after which a replica is gone
--
-- Returns { number of replicas, 1 when this one is to sweep for all: the first by name }.

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - tonumber(ARGV[2])))
local replicas = redis.call('ZRANGE', KEYS[1], 0, -1)
local first = ARGV[1]
for _, replica in ipairs(replicas) do
  if replica < first then
    first = replica
  end
end
return { #replicas, first == ARGV[1] and 1 or 0 }
