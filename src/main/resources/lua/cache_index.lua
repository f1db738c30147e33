-- Brings the index of one scope up to date: records what was stored and hit, forgets what has expired, and chooses what
-- has to go when there are too many, the least recently hit first. Times are microseconds of this Redis' clock.
--
-- KEYS[1]  hits: sorted set of identities by the time of the last hit (or of the storing)
-- KEYS[2]  expiry: sorted set of identities by the time they expire
-- KEYS[3]  entries: hash of identity to <bytes>|<model>|<tenant>, and under # the bytes of all together
-- ARGV[1]  how many entries may stay
-- ARGV[2]  how many to forget at most of each kind: Redis serves others too
-- ARGV[3…] five for each event: identity, microseconds since it happened, microseconds the entry may live from then on,
--          bytes, <model>|<tenant>; a hit has 0 bytes and counts only where the entry is known
--
-- Returns entries, bytes, then the identities that have to go. Repeating it is harmless: events carry no increments.

local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
local limit = tonumber(ARGV[2])
local function whole(number) return string.format('%.0f', number) end

local function bytes_of(identity)
  local known = redis.call('HGET', KEYS[3], identity)
  return known and tonumber(string.match(known, '^%d+')) or 0
end

local function forget(identity)
  redis.call('HINCRBY', KEYS[3], '#', whole(-bytes_of(identity)))
  redis.call('HDEL', KEYS[3], identity)
  redis.call('ZREM', KEYS[1], identity)
  redis.call('ZREM', KEYS[2], identity)
end

for i = 3, #ARGV, 5 do
  local identity = ARGV[i]
  local at = now - tonumber(ARGV[i + 1])
  local bytes = tonumber(ARGV[i + 3])
  if bytes > 0 then
    redis.call('HINCRBY', KEYS[3], '#', whole(bytes - bytes_of(identity)))
    redis.call('HSET', KEYS[3], identity, ARGV[i + 3] .. '|' .. ARGV[i + 4])
    redis.call('ZADD', KEYS[1], whole(at), identity)
    redis.call('ZADD', KEYS[2], whole(at + tonumber(ARGV[i + 2])), identity)
  else
    local last = redis.call('ZSCORE', KEYS[1], identity)
    if last and tonumber(last) < at then
      redis.call('ZADD', KEYS[1], whole(at), identity)
    end
  end
end

for _, identity in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', whole(now), 'LIMIT', 0, limit)) do
  forget(identity)
end

local surplus = {}
local over = math.min(redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[1]), limit)
if over > 0 then
  surplus = redis.call('ZRANGE', KEYS[1], 0, over - 1)
  for _, identity in ipairs(surplus) do
    forget(identity)
  end
end

local answer = { '0', '0' }
local latest = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')
if latest[2] then
  local gone = whole(math.ceil(tonumber(latest[2]) / 1000) + 60000)
  for i = 1, 3 do
    redis.call('PEXPIREAT', KEYS[i], gone)
  end
  answer = { whole(redis.call('ZCARD', KEYS[1])), redis.call('HGET', KEYS[3], '#') or '0' }
else
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
end
for i, identity in ipairs(surplus) do
  answer[i + 2] = identity
end
return answer
