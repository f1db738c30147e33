-- Ends leases of one key with what was really used, and writes the usage row, so that budget and accounts agree.
-- To be preceded by limit.lua, which explains ARGV[1] and ARGV[2]. Safe to repeat: an ended lease stays ended.
--
-- KEYS     expiries of leases, leases that are live
-- ARGV[3]  name of the key for the usage row; empty: no row
-- ARGV[4]  names of the scopes, separated by spaces
-- ARGV[5…] for each lease
--          its id
--          name of the model for the usage row
--          numbers:
--          1 when it was granted; 0 when nothing was reserved, because nothing is limited or Redis was away
--          1 when no provider was asked: the request is given back too
--          tokens to charge to the buckets
--          nano-dollars that the answer cost
--          nano-dollars that a provider may bill without having told: charged too, and marked as unsettled
--          milliseconds since 1970, by Redis' clock, at which it was reserved, and
--          at which it ended; 0: not known
--          then what to add to the usage row: requests, failures, input, cached input and output tokens, nano-dollars
--          that routing saved
--
-- Returns how many were settled now; the others had nothing left to settle.

local FIXED = 4
local WIDTH = 3
-- How long the same of what was counted without a lease, where nothing else tells that it has been counted.
local COUNTED_MS = 600000

local row = ARGV[3]
local all = names(ARGV[4])

local endings = endings()
local settleTokens, spend, figures, count = endings.settleTokens, endings.spend, endings.figures, endings.count

-- Replaces what was reserved by what was used.
local function settleLive(lease, charged, money, unsent)
  for _, held in ipairs(lease.scopes) do
    local state = scope(held.name)
    state.held = state.held - lease.money
    spend(state, money)
    if unsent then
      endings.giveBackRequests(state, held.requestsAt, lease.requests)
    end
    settleTokens(state, held.tokensAt, lease.share, lease.tokens - charged)
  end
  for _, name in ipairs(names(lease.free)) do
    spend(scope(name), money)
  end
end

-- The lease expired before the truth arrived: the truth replaces the estimate, in the period that paid it.
local function settleEstimated(lease, charged, money)
  local function correct(name)
    local state = scope(name)
    local period = lease.periods[name]
    if state.day == period.day then
      state.daySpent = state.daySpent + money - lease.charged
    end
    if state.month == period.month then
      state.monthSpent = state.monthSpent + money - lease.charged
    end
    return state
  end
  for _, held in ipairs(lease.scopes) do
    local state = correct(held.name)
    settleTokens(state, held.tokensAt, lease.share, lease.tokens - charged)
  end
  for _, name in ipairs(names(lease.free)) do
    correct(name)
  end
  if lease.key ~= '' then
    local counted = figures(lease.key, lease.sent == 1 and lease.model or '-')
    count(counted, 'requests', -1)
    count(counted, 'failures', -1)
    count(counted, 'cost_nanos', -lease.charged)
    count(counted, 'unsettled_nanos', -lease.charged)
  end
end

-- Whether Redis has lost the lease, or there was none.
local function lost(reserved, reservedAt, endedAt)
  if reserved == 0 then
    return true
  end
  -- An ended lease is remembered for a while after its end. So one that ended a moment ago and is not known was lost,
  -- and one that ended long ago was lost if these keys are younger than it.
  if now - endedAt < ENDED_MS then
    return true
  end
  for _, name in ipairs(all) do
    if scope(name).born <= reservedAt then
      return false
    end
  end
  return true
end

local ids = {}
for i = FIXED + 1, #ARGV, WIDTH do
  ids[#ids + 1] = ARGV[i]
end
local live = redis.call('HMGET', KEYS[2], unpack(ids))
readScopes(all)

-- What a lease that is not live was charged by estimate; nil where it was not.
local function estimate(id)
  local packed = redis.call('GET', base .. 'limit:lease:' .. id)
  if packed then
    local lease = cmsgpack.unpack(packed)
    if lease.format ~= ESTIMATE_FORMAT then
      error('lease of an unknown format: ' .. tostring(lease.format))
    end
    return lease
  end
end

-- Everything is worked out before the first write: an error must not leave leases ended whose money is not counted. One
-- lease that cannot be read does not keep the others from being settled.
local ended = {}
local leaseless = {}
local estimated = {}
local repeated = {}
local trouble
for n, id in ipairs(ids) do
  local i = FIXED + 1 + (n - 1) * WIDTH
  local reserved, unsent, charged, cost, unsettled, reservedAt, endedAt, requests, failures, input, cachedInput,
      output, saved = struct.unpack('>ddddddddddddd', ARGV[i + 2])
  local money = cost + unsettled
  local settled = false
  local known, lease = true, nil
  if live[n] then
    known, lease = pcall(unpackLive, live[n])
  elseif reserved == 1 then
    known, lease = pcall(estimate, id)
  end
  if repeated[id] then
    -- Nothing is left.
  elseif not known then
    trouble = lease
  elseif live[n] then
    settleLive(lease, charged, money, unsent == 1)
    settled = true
  elseif lease then
    settleEstimated(lease, charged, money)
    estimated[#estimated + 1] = base .. 'limit:lease:' .. id
    settled = true
  elseif not isRemembered('ended', id) and not isRemembered('counted', id) then
    settled = lost(reserved, reservedAt, endedAt)
    if settled then
      -- Money that was spent counts all the same; the buckets have had time.
      for _, name in ipairs(all) do
        spend(scope(name), money)
      end
    end
  end
  if settled then
    repeated[id] = true
    ended[#ended + 1] = id
    if reserved == 0 then
      leaseless[#leaseless + 1] = id
    end
    if row ~= '' then
      local counted = figures(row, ARGV[i + 1])
      count(counted, 'cost_nanos', money)
      count(counted, 'unsettled_nanos', unsettled)
      count(counted, 'requests', requests)
      count(counted, 'failures', failures)
      count(counted, 'input_tokens', input)
      count(counted, 'cached_input_tokens', cachedInput)
      count(counted, 'output_tokens', output)
      count(counted, 'saved_routing_nanos', saved)
    end
  end
end
if #ended > 0 then
  endings.saveUsage()
  redis.call('HDEL', KEYS[2], unpack(ended))
  if #estimated > 0 then
    redis.call('DEL', unpack(estimated))
  end
  endings.remember('ended', ended, ENDED_MS)
  endings.remember('counted', leaseless, COUNTED_MS)
  redis.call('ZREM', KEYS[1], unpack(ended))
  saveScopes()
end
if trouble then
  return redis.error_reply(tostring(trouble))
end
return #ended
