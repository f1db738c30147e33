-- Takes out which leases of a replica are waited for elsewhere.
--
-- KEYS[1]  followers, as in followers-add.lua
--
-- Returns the leases. What is lost with the answer will be said again by whoever waits.

local leases = redis.call('LRANGE', KEYS[1], 0, -1)
if #leases > 0 then
  redis.call('DEL', KEYS[1])
end
return leases
