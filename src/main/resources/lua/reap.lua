-- Ends the leases of gateways that are gone. To be preceded by limit.lua. Safe to repeat.
--
-- KEYS     expiries of leases
-- ARGV[3]  how many at most
--
-- Returns how many had expired.

local count = endings().reap(tonumber(ARGV[3]))
saveScopes()
return count
