-- Keeps leases alive whose calls are still running. To be preceded by limit.lua. Safe to repeat.
--
-- KEYS     expiries of leases
-- ARGV[3]  milliseconds until the leases expire unless they are renewed
-- ARGV[4…] pairs of a lease's id and 1 when a provider may have been asked, 0 when not, empty when that has not changed
--
-- Returns how many of the leases were alive.

local expiry = now + ARGV[3]
local alive = 0
for i = 4, #ARGV, 2 do
  local id = ARGV[i]
  if redis.call('ZADD', base .. 'limit:leases', 'XX', 'CH', expiry, id) == 1 then
    alive = alive + 1
  end
  if ARGV[i + 1] ~= '' then
    local lease = unpackLease(redis.call('GET', base .. 'limit:lease:' .. id))
    if lease and lease.state == 'live' then
      lease.sent = tonumber(ARGV[i + 1])
      saveLease(id, lease, ESTIMATE_MS)
    end
  end
end
return alive
