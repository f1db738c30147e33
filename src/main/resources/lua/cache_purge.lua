-- Forgets entries of one scope's index, a stretch at a time; the entries themselves live elsewhere and are the caller's
-- to delete.
--
-- KEYS     as in cache_index.lua
-- ARGV[1]  the one identity to forget; empty: all
-- ARGV[2]  only those of this tenant; empty: of any
-- ARGV[3]  only those of this model; empty: of any
-- ARGV[4]  where to go on, 0 at first
-- ARGV[5]  about how many to look at
--
-- Returns where to go on (0: done), then the identities forgotten. Repeating it is harmless.

local function forget(identity, known)
  redis.call('HINCRBY', KEYS[3], '#', '-' .. string.match(known, '^%d+'))
  redis.call('HDEL', KEYS[3], identity)
  redis.call('ZREM', KEYS[1], identity)
  redis.call('ZREM', KEYS[2], identity)
end

local function concerns(known)
  local model, tenant = string.match(known, '^%d+|([^|]*)|(.*)$')
  return (ARGV[2] == '' or ARGV[2] == tenant) and (ARGV[3] == '' or ARGV[3] == model)
end

if ARGV[1] ~= '' then
  local known = redis.call('HGET', KEYS[3], ARGV[1])
  if known and concerns(known) then
    forget(ARGV[1], known)
    return { '0', ARGV[1] }
  end
  return { '0' }
end

local step = redis.call('HSCAN', KEYS[3], ARGV[4], 'COUNT', ARGV[5])
local answer = { step[1] }
for i = 1, #step[2], 2 do
  local identity, known = step[2][i], step[2][i + 1]
  if identity ~= '#' and concerns(known) then
    forget(identity, known)
    answer[#answer + 1] = identity
  end
end
return answer
