-- What a key holds; where it holds nothing, a lease is put there. Does what SET with NX and GET does since Redis 7, for
-- older ones, and still reads where Redis refuses to write.
--
-- KEYS[1]  the key
-- ARGV[1]  the lease, unlike any value and any other lease
-- ARGV[2]  milliseconds until the lease expires unless it is renewed
--
-- Returns the value; or nothing when the lease was put, or could not be. Repeating it is harmless: whoever finds a lease
-- of its own has it.

local value = redis.call('GET', KEYS[1])
if not value then
  redis.pcall('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
return value
