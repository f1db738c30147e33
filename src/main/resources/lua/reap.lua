-- Ends the leases of gateways that are gone. To be preceded by limit.lua. Safe to repeat.
--
-- KEYS     expiries of leases
-- ARGV[5]  how many at most
--
-- Returns how many had expired.

local count = reap(tonumber(ARGV[5]))
saveScopes()
return count
