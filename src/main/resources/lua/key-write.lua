-- Creates, replaces or deletes an API key, if it still is what the writer has read, and tells all replicas.
-- KEYS[1] hash: name -> "<version> <record>"
-- KEYS[2] hash: SHA-256 of a secret, in hex -> name of the key
-- KEYS[3] sorted set of the names, all with score 0
-- KEYS[4] the version of the whole: whoever has seen this value has missed no change
-- ARGV[1] name
-- ARGV[2] version of the record that the writer has read; 0: there was none
-- ARGV[3] the new record; empty: delete
-- ARGV[4] channel on which replicas listen for "<version before> <version after> <name>"
-- ARGV[5] how many secrets the new record has; their hashes follow, then the hashes of those that it has no longer
-- Answers {1, version of the record} when it is done, {0, version of the record} when somebody else was faster.
-- Safe to repeat: when the record is already as wanted, the write has happened, and nothing is written or told again.
local name, expected, wanted = ARGV[1], ARGV[2], ARGV[3]
local stored = redis.call('HGET', KEYS[1], name)
local version, record = '0', ''
if stored then
  version, record = string.match(stored, '^(%d+) (.*)$')
end
if version ~= expected then
  if record == wanted then
    return {1, version}
  end
  return {0, version}
end

-- A version is never used twice, not even when Redis has lost its data meanwhile: it is at least the time in µs.
local time = redis.call('TIME')
local before = redis.call('GET', KEYS[4]) or '0'
local after = string.format('%.0f', math.max(tonumber(before) + 1, time[1] * 1000000 + time[2]))

local added = tonumber(ARGV[5])
for i = 6 + added, #ARGV do
  redis.call('HDEL', KEYS[2], ARGV[i])
end
if wanted == '' then
  redis.call('HDEL', KEYS[1], name)
  redis.call('ZREM', KEYS[3], name)
else
  redis.call('HSET', KEYS[1], name, after .. ' ' .. wanted)
  redis.call('ZADD', KEYS[3], 0, name)
  for i = 6, 5 + added do
    redis.call('HSET', KEYS[2], ARGV[i], name)
  end
end
redis.call('SET', KEYS[4], after)
-- The user that we are may lack the right to publish: then replicas find the change when they next compare versions.
redis.pcall('PUBLISH', ARGV[4], before .. ' ' .. after .. ' ' .. name)
return {1, after}
