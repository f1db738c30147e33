-- Ends leases of one key with what was really used, and writes the usage row, so that budget and accounts agree.
-- To be preceded by limit.lua, which explains ARGV[1] and ARGV[2]. Safe to repeat: an ended lease stays ended.
--
-- KEYS     expiries of leases
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
-- How long an ended lease is remembered at least, against messages that arrive again or too late.
local ENDED_MS = 120000
-- The same of what was counted without a lease, where nothing else tells that it has been counted.
local COUNTED_MS = 600000

local row = ARGV[3]
local names = {}
for name in string.gmatch(ARGV[4], '%S+') do
  names[#names + 1] = name
end

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
  for _, name in ipairs(lease.free or {}) do
    spend(scope(name), money)
  end
end

-- The lease expired before the truth arrived: the truth replaces the estimate, in the period that paid it.
local function settleEstimated(lease, charged, money)
  local function correct(state)
    if state.day == lease.day then
      state.daySpent = state.daySpent + money - lease.charged
    end
    if state.month == lease.month then
      state.monthSpent = state.monthSpent + money - lease.charged
    end
  end
  for _, held in ipairs(lease.scopes) do
    local state = scope(held.name)
    correct(state)
    settleTokens(state, held.tokensAt, lease.share, lease.tokens - charged)
  end
  for _, name in ipairs(lease.free or {}) do
    correct(scope(name))
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
  for _, name in ipairs(names) do
    if scope(name).born <= reservedAt then
      return false
    end
  end
  return true
end

-- Ids of what has ended, in two sets of which the older is thrown away whole. A key of its own for each, with a time to
-- live, would take more memory, and keep Redis busy looking for those whose time has come: a quarter of its time, and 25
-- ms at once, where there are millions of keys. Only the last sets of who asks no more expire: 26 ms for 240,000 ids.
local function remember(kind, ids, milliseconds)
  if #ids == 0 then
    return
  end
  local set = base .. 'limit:' .. kind
  redis.call('SADD', set, unpack(ids))
  local left = redis.call('PTTL', set)
  if left < 0 then
    redis.call('PEXPIRE', set, 2 * milliseconds)
  elseif left < milliseconds then
    local old = set .. ':old'
    redis.call('UNLINK', old) -- which RENAME would do at once instead of beside
    redis.call('RENAME', set, old)
    redis.call('PEXPIRE', old, 2 * milliseconds)
  end
end

local keys = {}
for i = FIXED + 1, #ARGV, WIDTH do
  keys[#keys + 1] = base .. 'limit:lease:' .. ARGV[i]
end
local leases = #keys
for _, name in ipairs(names) do
  keys[#keys + 1] = base .. 'limit:' .. name
end
local packed = redis.call('MGET', unpack(keys))
for n, name in ipairs(names) do
  read[name] = packed[leases + n]
end

-- Everything is worked out before the first write: an error must not leave leases ended whose money is not counted. One
-- lease that cannot be read does not keep the others from being settled.
local ended = {}
local leaseless = {}
local gone = {}
local repeated = {}
local trouble
for n = 1, leases do
  local i = FIXED + 1 + (n - 1) * WIDTH
  local id = ARGV[i]
  local settled = false
  local known, lease = pcall(unpackLease, packed[n])
  if not known then
    trouble = lease
  elseif repeated[id] or not lease and (isRemembered('ended', id) or isRemembered('counted', id)) then
    -- Nothing is left.
  else
    local reserved, unsent, charged, cost, unsettled, reservedAt, endedAt, requests, failures, input, cachedInput,
        output, saved = struct.unpack('>ddddddddddddd', ARGV[i + 2])
    local money = cost + unsettled
    if not lease then
      settled = lost(reserved, reservedAt, endedAt)
      if settled then
        -- Money that was spent counts all the same; the buckets have had time.
        for _, name in ipairs(names) do
          spend(scope(name), money)
        end
      end
    elseif lease.state == 'live' then
      settleLive(lease, charged, money, unsent == 1)
      settled = true
    elseif lease.state == 'estimated' then
      settleEstimated(lease, charged, money)
      settled = true
    end
    if settled and reserved == 0 then
      leaseless[#leaseless + 1] = id
    end
    if settled and row ~= '' then
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
  if settled then
    repeated[id] = true
    ended[#ended + 1] = id
    gone[#gone + 1] = keys[n]
  end
end
if #ended > 0 then
  endings.saveUsage()
  redis.call('DEL', unpack(gone))
  remember('ended', ended, ENDED_MS)
  remember('counted', leaseless, COUNTED_MS)
  redis.call('ZREM', KEYS[1], unpack(ended))
  saveScopes()
end
if trouble then
  return redis.error_reply(tostring(trouble))
end
return #ended
