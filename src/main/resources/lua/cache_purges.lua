-- What was purged and when; declares a purge where one is given. Times are microseconds of this Redis' clock.
--
-- KEYS[1]  purges: hash of <tenant>|<model> (an empty name: all of them) to the time of the latest purge
-- ARGV[1]  the purge to declare; absent: only read
-- ARGV[2]  purges older than this many microseconds concern no entry any more
--
-- Returns the time now, then each purge and its time. Declaring twice is harmless: what is purged stays purged.

local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
local function whole(number) return string.format('%.0f', number) end

local purges = redis.call('HGETALL', KEYS[1])
if ARGV[1] then
  -- The clock may have been set back: a purge is always later than what came before it.
  for i = 2, #purges, 2 do
    now = math.max(now, tonumber(purges[i]) + 1)
  end
  redis.call('HSET', KEYS[1], ARGV[1], whole(now))
  for i = 1, #purges, 2 do
    if tonumber(purges[i + 1]) < now - tonumber(ARGV[2]) and purges[i] ~= ARGV[1] then
      redis.call('HDEL', KEYS[1], purges[i])
    end
  end
  purges = redis.call('HGETALL', KEYS[1])
end

local answer = { whole(now) }
for i = 1, #purges do
  answer[i + 1] = purges[i]
end
return answer
