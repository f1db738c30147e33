-- Keeps leases alive whose calls are still running. To be preceded by limit.lua. Safe to repeat.
--
-- KEYS     expiries of leases
-- ARGV[3]  milliseconds until the leases expire unless they are renewed
-- ARGV[4…] pairs of a lease's id and 1 when a provider may have been asked, 0 when not, empty when that has not changed
--
-- Returns how many of the leases were alive.

local leases = base .. 'limit:live'
local expiry = string.format('%.0f', now + ARGV[3])
local alive = 0
for i = 4, #ARGV, 2 do
  local id = ARGV[i]
  if redis.call('ZADD', KEYS[1], 'XX', 'CH', expiry, id) == 1 then
    alive = alive + 1
  end
  local live = ARGV[i + 1] ~= '' and redis.call('HGET', leases, id)
  if live then
    local lease = unpackLive(live)
    lease.sent = tonumber(ARGV[i + 1])
    redis.call('HSET', leases, id, packLive(lease))
  end
end
redis.call('PEXPIRE', leases, ESTIMATE_MS)
return alive
