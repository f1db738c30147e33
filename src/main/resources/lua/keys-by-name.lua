-- Reads API keys by their names.
-- KEYS[1] hash: name -> "<version> <record>"
-- ARGV    names
-- Answers {Redis' clock in ms, {"<version> <record>" or nil, for each name}}. Writes nothing.
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
return {now, redis.call('HMGET', KEYS[1], unpack(ARGV))}
