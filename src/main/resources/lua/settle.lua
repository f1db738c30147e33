-- Ends a lease with what was really used, and writes the usage row, so that budget and accounts agree.
-- To be preceded by limit.lua, which explains ARGV[1] to ARGV[4]. Safe to repeat: an ended lease stays ended.
--
-- KEYS     lease, expiries of leases, scopes
-- ARGV[5]  id of the lease
-- ARGV[6]  'lease' when it was granted; 'none' when nothing was reserved, because nothing is limited or Redis was away
-- ARGV[7]  1 when no provider was asked: the request is given back too
-- ARGV[8]  tokens to charge to the buckets
-- ARGV[9]  nano-dollars that the answer cost
-- ARGV[10] nano-dollars that a provider may bill without having told: charged too, and marked as unsettled
-- ARGV[11] milliseconds since 1970, by Redis' clock, at which it was reserved, and
-- ARGV[12] at which it ended; 0: not known
-- ARGV[13] name of the key for the usage row; empty: no row
-- ARGV[14] name of the model for the usage row
-- ARGV[15] names of the scopes, separated by spaces
-- ARGV[16…] pairs of a metric of the usage row and what to add to it
--
-- Returns 1 when it was settled now, 0 when there was nothing left to settle.

local id = ARGV[5]
local charged = tonumber(ARGV[8])
local money = tonumber(ARGV[9]) + tonumber(ARGV[10])

local figures = { 'cost_nanos', money, 'unsettled_nanos', tonumber(ARGV[10]) }
for i = 16, #ARGV, 2 do
  figures[#figures + 1] = ARGV[i]
  figures[#figures + 1] = tonumber(ARGV[i + 1])
end

local function write()
  if ARGV[13] ~= '' then
    addUsage(ARGV[13], ARGV[14], figures)
  end
  endLease(id)
  saveScopes()
  return 1
end

local lease = readLease(id)

if lease and lease.state == 'ended' then
  return 0
end

if lease and lease.state == 'live' then
  for _, held in ipairs(lease.scopes) do
    local state = scope(held.name)
    state.held = state.held - lease.money
    spend(state, money)
    if ARGV[7] == '1' then
      giveBackRequests(state, held.requestsAt, lease.requests)
    end
    settleTokens(state, held.tokensAt, lease.share, lease.tokens - charged)
  end
  return write()
end

if lease and lease.state == 'estimated' then
  -- The lease expired before the truth arrived: the truth replaces the estimate, in the period that paid it.
  for _, held in ipairs(lease.scopes) do
    local state = scope(held.name)
    if state.day == lease.day then
      state.daySpent = state.daySpent + money - lease.charged
    end
    if state.month == lease.month then
      state.monthSpent = state.monthSpent + money - lease.charged
    end
    settleTokens(state, held.tokensAt, lease.share, lease.tokens - charged)
  end
  if lease.key ~= '' then
    addUsage(lease.key, lease.sent == 1 and lease.model or '-',
        { 'requests', -1, 'failures', -1, 'cost_nanos', -lease.charged, 'unsettled_nanos', -lease.charged })
  end
  return write()
end

local function lost()
  if ARGV[6] == 'none' then
    return true
  end
  -- An ended lease is remembered for a while after its end. So one that ended a moment ago and is not known was lost,
  -- and one that ended long ago was lost if these keys are younger than it.
  local ended = tonumber(ARGV[12])
  if now - ended < ENDED_MS then
    return true
  end
  for name in string.gmatch(ARGV[15], '%S+') do
    if scope(name).born <= tonumber(ARGV[11]) then
      return false
    end
  end
  return true
end

-- Redis has lost the lease, or there was none. Money that was spent counts all the same; the buckets have had time.
if lost() then
  for name in string.gmatch(ARGV[15], '%S+') do
    spend(scope(name), money)
  end
  return write()
end
return 0
