-- Tells a replica that somebody elsewhere waits for the call that it holds a lease for.
--
-- KEYS[1]  followers: list of leases that are waited for, emptied by the replica now and then
-- ARGV[1]  the lease, a space, and the key that it stands at
-- ARGV[2]  milliseconds until a replica that takes nothing out is taken for gone
--
-- Repeating it is harmless: that somebody waits is said again and again anyway.

local MOST = 10000

redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], -MOST, -1)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
