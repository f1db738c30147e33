-- Tells the other replicas how long models take, and learns it from them. Safe to repeat.
--
-- KEYS[1]  what each replica saw, by its name: the time in milliseconds, a blank, its report
-- ARGV[1]  the replica that runs this
-- ARGV[2]  its report; empty: it has seen nothing
-- ARGV[3]  milliseconds after which a report is forgotten
--
-- Returns the reports of the other replicas.

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
if ARGV[2] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', now) .. ' ' .. ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
local all = redis.call('HGETALL', KEYS[1])
local reports = {}
for i = 1, #all, 2 do
  local blank = string.find(all[i + 1], ' ', 1, true)
  if now - tonumber(string.sub(all[i + 1], 1, blank - 1)) > tonumber(ARGV[3]) then
    redis.call('HDEL', KEYS[1], all[i])
  elseif all[i] ~= ARGV[1] then
    reports[#reports + 1] = string.sub(all[i + 1], blank + 1)
  end
end
return reports
