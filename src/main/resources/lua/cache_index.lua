-- Brings the index of one scope up to date: records what was stored and hit, forgets what has expired, and chooses what
-- has to go when there are too many, the least recently hit first. Times are microseconds of this Redis' clock.
--
-- KEYS[1]  hits: sorted set of identities by the time of the last hit (or of the storing)
-- KEYS[2]  expiry: sorted set of identities by the time they expire
-- KEYS[3]  entries: hash of identity to <bytes>|<model>|<tenant>, and under # the bytes of all together
-- ARGV[1]  how many entries may stay
-- ARGV[2]  how many to forget at most of each kind: Redis serves others too
-- ARGV[3…] five for each event: identity, microseconds since it happened, microseconds the entry may live from then on,
--          bytes, <model>|<tenant>; a hit has 0 bytes and counts only where the entry is known; an entry is stored once
--          at most
--
-- Returns entries, bytes, then the identities that have to go. Repeating it is harmless: events carry no increments.

-- A command is given many entries at once: calling it costs more than what it does for one. An even number, and Lua can
-- pass some 8,000.
local ARGUMENTS = 1000

local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
local limit = tonumber(ARGV[2])
local bytes = 0

local function each(command, key, arguments)
  for i = 1, #arguments, ARGUMENTS do
    redis.call(command, key, unpack(arguments, i, math.min(i + ARGUMENTS - 1, #arguments)))
  end
end

-- No longer counts what is known of these entries.
local function subtract(identities)
  for i = 1, #identities, ARGUMENTS do
    local known = redis.call('HMGET', KEYS[3], unpack(identities, i, math.min(i + ARGUMENTS - 1, #identities)))
    for n = 1, #known do
      if known[n] then
        bytes = bytes - string.match(known[n], '^%d+')
      end
    end
  end
end

local function forget(identities)
  subtract(identities)
  each('HDEL', KEYS[3], identities)
  each('ZREM', KEYS[1], identities)
  each('ZREM', KEYS[2], identities)
end

local stored, entries, storings, expiries = {}, {}, {}, {}
for i = 3, #ARGV, 5 do
  if ARGV[i + 3] ~= '0' then
    local n = #stored + 1
    local at = now - ARGV[i + 1]
    bytes = bytes + ARGV[i + 3]
    stored[n] = ARGV[i]
    entries[2 * n - 1], entries[2 * n] = ARGV[i], ARGV[i + 3] .. '|' .. ARGV[i + 4]
    storings[2 * n - 1], storings[2 * n] = at, ARGV[i]
    expiries[2 * n - 1], expiries[2 * n] = at + ARGV[i + 2], ARGV[i]
  end
end
subtract(stored)
each('HSET', KEYS[3], entries)
each('ZADD', KEYS[1], storings)
each('ZADD', KEYS[2], expiries)

for i = 3, #ARGV, 5 do
  if ARGV[i + 3] == '0' then
    local at = now - ARGV[i + 1]
    local last = redis.call('ZSCORE', KEYS[1], ARGV[i])
    if last and tonumber(last) < at then
      redis.call('ZADD', KEYS[1], at, ARGV[i])
    end
  end
end

forget(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, limit))

local surplus = {}
local over = math.min(redis.call('ZCARD', KEYS[1]) - ARGV[1], limit)
if over > 0 then
  surplus = redis.call('ZRANGE', KEYS[1], 0, over - 1)
  forget(surplus)
end
if bytes ~= 0 then
  redis.call('HINCRBY', KEYS[3], '#', bytes)
end

local answer = { '0', '0' }
local latest = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')
if latest[2] then
  local gone = string.format('%.0f', math.ceil(tonumber(latest[2]) / 1000) + 60000)
  for i = 1, 3 do
    redis.call('PEXPIREAT', KEYS[i], gone)
  end
  answer = { tostring(redis.call('ZCARD', KEYS[1])), redis.call('HGET', KEYS[3], '#') or '0' }
else
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
end
for i, identity in ipairs(surplus) do
  answer[i + 2] = identity
end
return answer
