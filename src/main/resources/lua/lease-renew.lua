-- Keeps a lease for longer, if it is still there.
--
-- KEYS[1]  the key
-- ARGV[1]  the lease
-- ARGV[2]  milliseconds until it expires unless it is renewed again
--
-- Returns 1, or 0 when it is not there any more: expired, released, or replaced by what it was taken for.

if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0
