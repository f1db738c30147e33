-- Finds an API key by one of its secrets.
-- KEYS[1] hash: SHA-256 of a secret, in hex -> name of the key
-- KEYS[2] hash: name -> "<version> <record>"
-- ARGV[1] SHA-256 of the presented secret, in hex
-- Answers {Redis' clock in ms} or {Redis' clock in ms, name, "<version> <record>"}. Writes nothing.
-- Whether the secret has ended says the record, which is compared with the clock that comes along.
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local name = redis.call('HGET', KEYS[1], ARGV[1])
if not name then
  return {now}
end
local record = redis.call('HGET', KEYS[2], name)
if not record then
  return {now}
end
return {now, name, record}
