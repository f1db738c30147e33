-- Ends leases of one key with what was really used, and writes the usage row, so that budget and accounts agree.
-- To be preceded by limit.lua, which explains ARGV[1] to ARGV[4]. Safe to repeat: an ended lease stays ended.
--
-- KEYS     expiries of leases
-- ARGV[5]  name of the key for the usage row; empty: no row
-- ARGV[6]  names of the scopes, separated by spaces
-- ARGV[7…] for each lease
--          its id
--          'lease' when it was granted; 'none' when nothing was reserved, because nothing is limited or Redis was away
--          1 when no provider was asked: the request is given back too
--          tokens to charge to the buckets
--          nano-dollars that the answer cost
--          nano-dollars that a provider may bill without having told: charged too, and marked as unsettled
--          milliseconds since 1970, by Redis' clock, at which it was reserved, and
--          at which it ended; 0: not known
--          name of the model for the usage row
--          then what to add to the usage row: requests, failures, input, cached input and output tokens, nano-dollars
--          that routing saved
--
-- Returns how many were settled now; the others had nothing left to settle.

local FIXED = 6
local WIDTH = 15
local METRICS = { 'requests', 'failures', 'input_tokens', 'cached_input_tokens', 'output_tokens', 'saved_routing_nanos' }
local ENDED = cmsgpack.pack({ format = FORMAT, state = 'ended' })

local row = ARGV[5]

local function spendInAll(names, money)
  for name in string.gmatch(names, '%S+') do
    spend(scope(name), money)
  end
end

-- Replaces what was reserved by what was used.
local function settleLive(lease, charged, money, unsent)
  for _, held in ipairs(lease.scopes) do
    local state = scope(held.name)
    state.held = state.held - lease.money
    spend(state, money)
    if unsent then
      giveBackRequests(state, held.requestsAt, lease.requests)
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
    local model = lease.sent == 1 and lease.model or '-'
    count(lease.key, model, 'requests', -1)
    count(lease.key, model, 'failures', -1)
    count(lease.key, model, 'cost_nanos', -lease.charged)
    count(lease.key, model, 'unsettled_nanos', -lease.charged)
  end
end

-- Whether Redis has lost the lease, or there was none.
local function lost(kind, reservedAt, endedAt)
  if kind == 'none' then
    return true
  end
  -- An ended lease is remembered for a while after its end. So one that ended a moment ago and is not known was lost,
  -- and one that ended long ago was lost if these keys are younger than it.
  if now - endedAt < ENDED_MS then
    return true
  end
  for name in string.gmatch(ARGV[6], '%S+') do
    if scope(name).born <= reservedAt then
      return false
    end
  end
  return true
end

local keys = {}
for i = FIXED + 1, #ARGV, WIDTH do
  keys[#keys + 1] = base .. 'limit:lease:' .. ARGV[i]
end
local packed = redis.call('MGET', unpack(keys))

-- Everything is worked out before the first write: an error must not leave leases ended whose money is not counted. One
-- lease that cannot be read does not keep the others from being settled.
local ended = {}
local endedKeys = {}
local repeated = {}
local trouble
for n = 1, #keys do
  local i = FIXED + 1 + (n - 1) * WIDTH
  local id = ARGV[i]
  local charged = tonumber(ARGV[i + 3])
  local unsettled = tonumber(ARGV[i + 5])
  local money = tonumber(ARGV[i + 4]) + unsettled
  local settled = false
  local known, lease = pcall(unpackLease, packed[n] ~= ENDED and packed[n])
  if not known then
    trouble = lease
  elseif packed[n] == ENDED or repeated[id] then
    -- Nothing is left.
  elseif not lease then
    settled = lost(ARGV[i + 1], tonumber(ARGV[i + 6]), tonumber(ARGV[i + 7]))
    if settled then
      -- Money that was spent counts all the same; the buckets have had time.
      spendInAll(ARGV[6], money)
    end
  elseif lease.state == 'live' then
    settleLive(lease, charged, money, ARGV[i + 2] == '1')
    settled = true
  elseif lease.state == 'estimated' then
    settleEstimated(lease, charged, money)
    settled = true
  end
  if settled then
    if row ~= '' then
      local model = ARGV[i + 8]
      count(row, model, 'cost_nanos', money)
      count(row, model, 'unsettled_nanos', unsettled)
      for m = 1, #METRICS do
        local figure = ARGV[i + 8 + m]
        if figure ~= '0' then
          count(row, model, METRICS[m], tonumber(figure))
        end
      end
    end
    repeated[id] = true
    ended[#ended + 1] = id
    endedKeys[#endedKeys + 1] = keys[n]
  end
end
if #ended > 0 then
  saveUsage()
  for _, key in ipairs(endedKeys) do
    redis.call('SET', key, ENDED, 'PX', ENDED_MS)
  end
  redis.call('ZREM', base .. 'limit:leases', unpack(ended))
  saveScopes()
end
if trouble then
  return redis.error_reply(tostring(trouble))
end
return #ended
