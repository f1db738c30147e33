-- Gives a lease up, if it is still there: a value that has replaced it stays, and so does another's lease.
--
-- KEYS[1]  the key
-- ARGV[1]  the lease
--
-- Returns 1 when it was there. Repeating it is harmless.

if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
