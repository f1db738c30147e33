-- Keeps the books of one semantic partition: notes that a vector was added, and chooses which have to go, those of
-- expired entries and, when there are too many, the least recently hit. The vectors themselves are the caller's to
-- remove: that is no work for a script, which holds up everybody. Times are microseconds of this Redis' clock.
--
-- KEYS[1]  hits: sorted set of identities by the time of the last hit (or of the adding)
-- KEYS[2]  expiry: sorted set of identities by the time their entries expire
-- KEYS[3]  what holds the vectors; it lives as long as its latest entry
-- ARGV[1]  the identity that was added
-- ARGV[2]  when its entry expires
-- ARGV[3]  how many may stay
-- ARGV[4]  how many to choose at most of each kind
--
-- Returns the identities whose vectors have to go. Repeating it is harmless.

local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
local limit = tonumber(ARGV[4])
local function whole(number) return string.format('%.0f', number) end

redis.call('ZADD', KEYS[1], whole(now), ARGV[1])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])

local gone = {}
local function forget(identities)
  for _, identity in ipairs(identities) do
    redis.call('ZREM', KEYS[1], identity)
    redis.call('ZREM', KEYS[2], identity)
    gone[#gone + 1] = identity
  end
end

forget(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', whole(now), 'LIMIT', 0, limit))
local over = math.min(redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[3]), limit)
if over > 0 then
  forget(redis.call('ZRANGE', KEYS[1], 0, over - 1))
end

local latest = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')
if latest[2] then
  local until_ = whole(math.ceil(tonumber(latest[2]) / 1000) + 60000)
  for i = 1, 3 do
    redis.call('PEXPIREAT', KEYS[i], until_)
  end
end
return gone
