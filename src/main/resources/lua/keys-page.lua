-- Reads API keys in the order of their names.
-- KEYS[1] sorted set of the names, all with score 0: in the order of their bytes
-- KEYS[2] hash: name -> "<version> <record>"
-- ARGV[1] the name after which to begin; empty: at the first
-- ARGV[2] how many at most
-- Answers {Redis' clock in ms, {names}, {"<version> <record>" or nil, for each name}}. Writes nothing.
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local from = '-'
if ARGV[1] ~= '' then
  from = '(' .. ARGV[1]
end
local names = redis.call('ZRANGEBYLEX', KEYS[1], from, '+', 'LIMIT', 0, ARGV[2])
if #names == 0 then
  return {now, names, names}
end
return {now, names, redis.call('HMGET', KEYS[2], unpack(names))}
