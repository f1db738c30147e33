-- Adds what one replica counted for one tenant to the tenant's usage of a day.
--
-- KEYS[1]  name of the tenant's usage hashes, without the day that is appended here: the day is that of Redis' clock,
--          so that replicas whose clocks differ write the same day. Same hash tag, same node.
-- KEYS[2]  the last number of this replica that was counted
-- ARGV[1]  number of this write, growing by one; a number that was counted is not counted again, because a write that
--          timed out may have happened
-- ARGV[2]  how long ago the counted requests were, in ms
-- ARGV[3…] pairs of a field, <key>|<model>|<metric>, and what to add to it, a whole number in decimal
--
-- Returns 1 when the write was counted now, 0 when it had been counted before.

local ROW_SECONDS = 400 * 86400
local NUMBER_SECONDS = 7 * 86400

local last = tonumber(redis.call('GET', KEYS[2]) or '0')
if tonumber(ARGV[1]) <= last then
  return 0
end

-- The number goes first: Redis out of memory refuses a script's first write only, so all of it happens or nothing.
redis.call('SET', KEYS[2], ARGV[1], 'EX', NUMBER_SECONDS)

-- Days since 1970 to year, month, day of the Gregorian calendar (Hinnant, chrono-Compatible Low-Level Date Algorithms:
-- civil_from_days); Redis' Lua has no os.date.
local function day_of(seconds)
  local z = math.floor(seconds / 86400) + 719468
  local era = math.floor(z / 146097)
  local doe = z - era * 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local mp = math.floor((5 * doy + 2) / 153)
  local day = doy - math.floor((153 * mp + 2) / 5) + 1
  local month = mp < 10 and mp + 3 or mp - 9
  local year = yoe + era * 400 + (month <= 2 and 1 or 0)
  return string.format('%04d-%02d-%02d', year, month, day)
end

local now = redis.call('TIME')
local usage = KEYS[1] .. day_of(tonumber(now[1]) - tonumber(ARGV[2]) / 1000)
for i = 3, #ARGV, 2 do
  redis.call('HINCRBY', usage, ARGV[i], ARGV[i + 1])
end
redis.call('EXPIRE', usage, ROW_SECONDS)
return 1
