-- What the scripts of the limit room share; it stands before each of them.
--
-- ARGV[1]  how the names of this tenant's (or provider's) keys begin, hash tag included. Every key that is named here or
--          in KEYS begins so: the scripts reach keys that cannot be known before they run (another lease that expired,
--          the usage row of Redis' day), and the tag keeps them all on one node of a cluster.
-- ARGV[2]  the tenant's calendar: seconds that its time zone is ahead of UTC; the instant, in seconds since 1970, from
--          which on it is the third number instead; that number
--
-- Where an argument is of several numbers, they are doubles of eight bytes each, the highest first: one argument costs
-- Redis about as much as what a script does with it.
--
-- State is what has been used, not what is left: when a limit changes, what was used stays used. All numbers are whole,
-- and below 2^53, which a double holds exactly.

local FORMAT = 1
-- A bucket is counted in sixty-thousandths, so that a limit of n a minute gives back n of them every millisecond.
local PER_UNIT = 60000
local DAY_MS = 86400000
-- A month's budget has to outlast the month: 70 days. In text, because Redis takes nothing else.
local SCOPE_MS = '6048000000'
-- How long the true figures of a lease that expired are waited for.
local ESTIMATE_MS = '86400000'
local ROW_SECONDS = '34560000'

local base = ARGV[1]

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- Days since 1970 to year, month, day of the Gregorian calendar (Hinnant, chrono-Compatible Low-Level Date Algorithms:
-- civil_from_days); Redis' Lua has no os.date.
local function date(days)
  local z = days + 719468
  local era = math.floor(z / 146097)
  local doe = z - era * 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local mp = math.floor((5 * doy + 2) / 153)
  local day = doy - math.floor((153 * mp + 2) / 5) + 1
  local month = mp < 10 and mp + 3 or mp - 9
  return yoe + era * 400 + (month <= 2 and 1 or 0), month, day
end

-- The calendar day and month of the tenant, as numbers that grow. The month is worked out only where the day is new.
local ahead, change, aheadThen = struct.unpack('>ddd', ARGV[2])
local today = math.floor((now / 1000 + (now >= change * 1000 and aheadThen or ahead)) / 86400)

local function thisMonth()
  local year, month = date(today)
  return year * 12 + month
end

local scopes = {}
-- What has been read of scopes already, packed; false where there is none.
local read = {}

-- The state of a scope as of now. `requests` and `tokens` are levels of leaky buckets: what was used and has not come back
-- yet. `requestsIn` and `tokensIn` count all that was ever poured in. Money `held` is reserved, money spent is final.
local function scope(name)
  local state = scopes[name]
  if state then
    return state
  end
  local packed = read[name]
  if packed == nil then
    packed = redis.call('GET', base .. 'limit:' .. name)
  end
  if packed then
    state = cmsgpack.unpack(packed)
    if state.format ~= FORMAT then
      error('limit state of an unknown format: ' .. tostring(state.format))
    end
    -- A clock that is set back gives nothing back, and takes nothing either.
    local passed = math.max(0, now - state.at)
    state.requests = math.max(0, state.requests - state.requestsPerMinute * passed)
    state.tokens = math.max(0, state.tokens - state.tokensPerMinute * passed)
  else
    state = { format = FORMAT, born = now, requests = 0, requestsIn = 0, requestsPerMinute = 0,
        tokens = 0, tokensIn = 0, tokensPerMinute = 0, held = 0, day = today, daySpent = 0, month = thisMonth(),
        monthSpent = 0 }
  end
  state.at = now
  if today > state.day then
    state.day = today
    state.daySpent = 0
    local month = thisMonth()
    if month > state.month then
      state.month = month
      state.monthSpent = 0
    end
  end
  scopes[name] = state
  return state
end

local function saveScopes()
  for name, state in pairs(scopes) do
    redis.call('SET', base .. 'limit:' .. name, cmsgpack.pack(state), 'PX', SCOPE_MS)
  end
end

-- Whether an id is in one of the two sets of a kind, 'ended' or 'counted'; settle.lua fills and empties them.
local function isRemembered(kind, id)
  local ids = base .. 'limit:' .. kind
  return redis.call('SISMEMBER', ids, id) == 1 or redis.call('SISMEMBER', ids .. ':old', id) == 1
end

local function unpackLease(packed)
  local lease = packed and cmsgpack.unpack(packed)
  if lease and lease.format ~= FORMAT then
    error('lease of an unknown format: ' .. tostring(lease.format))
  end
  return lease
end

local function saveLease(id, lease, milliseconds)
  redis.call('SET', base .. 'limit:lease:' .. id, cmsgpack.pack(lease), 'PX', milliseconds)
end

-- How leases end. Functions are made anew with each run of a script: these only in runs that end any.
local function endings()
  -- Takes an unused share out of a bucket again, but only what is still in it: what came back meanwhile by the passing of
  -- time would otherwise be granted twice. A bucket empties first in, first out: after all that was poured in later, what
  -- remains of the level is this share and what came before it.
  local function giveBack(level, poured, position, share, unused)
    local remaining = level - (poured - position) * PER_UNIT
    return math.max(0, math.min(unused * PER_UNIT, share * PER_UNIT, remaining))
  end

  -- Settles a bucket of a lease: `unused` below zero is an overrun, charged in full, even into debt.
  local function settleTokens(state, position, share, unused)
    if position < 0 then
      return
    end
    if unused >= 0 then
      state.tokens = state.tokens - giveBack(state.tokens, state.tokensIn, position, share, unused)
    else
      state.tokens = state.tokens - unused * PER_UNIT
      state.tokensIn = state.tokensIn - unused
    end
  end

  local function giveBackRequests(state, position, share)
    if position >= 0 then
      state.requests = state.requests - giveBack(state.requests, state.requestsIn, position, share, share)
    end
  end

  local function spend(state, nanos)
    state.daySpent = state.daySpent + nanos
    state.monthSpent = state.monthSpent + nanos
  end

  local usage = {}

  -- What is to be added to the usage row of a key and a model, by metric.
  local function figures(key, model)
    local ofKey = usage[key]
    if not ofKey then
      ofKey = {}
      usage[key] = ofKey
    end
    local ofModel = ofKey[model]
    if not ofModel then
      ofModel = {}
      ofKey[model] = ofModel
    end
    return ofModel
  end

  local function count(figures, metric, figure)
    if figure ~= 0 then
      figures[metric] = (figures[metric] or 0) + figure
    end
  end

  -- Adds what was counted to the usage of Redis' day.
  local function saveUsage()
    if not next(usage) then
      return
    end
    local row = string.format('%susage:%04d-%02d-%02d', base, date(math.floor(now / DAY_MS)))
    local begun = false
    for key, models in pairs(usage) do
      for model, figures in pairs(models) do
        local field = key .. '|' .. model .. '|'
        for metric, figure in pairs(figures) do
          -- A field that is new may be the first of its row; and Redis takes a large number only in text.
          begun = redis.call('HINCRBY', row, field .. metric, string.format('%.0f', figure)) == figure
            or begun
        end
      end
    end
    if begun then
      redis.call('EXPIRE', row, ROW_SECONDS)
    end
  end

  -- Ends leases whose gateway has not been heard of. Where a provider had been asked, it may bill: the reserved amount is
  -- charged and marked unsettled. Where not, all is given back. The true figures may still arrive and replace the estimate.
  -- A lease of another format is left to replicas of that version; it must not keep this one from its other work.
  local function reap(most)
    local expired = redis.call('ZRANGEBYSCORE', base .. 'limit:leases', '-inf', now, 'LIMIT', 0, most)
    local ended = 0
    for _, id in ipairs(expired) do
      local packed = redis.call('GET', base .. 'limit:lease:' .. id)
      local lease = packed and cmsgpack.unpack(packed)
      local readable = not lease or lease.format == FORMAT
      if readable then
        redis.call('ZREM', base .. 'limit:leases', id)
        ended = ended + 1
      end
      if lease and readable and lease.state == 'live' then
        local charged = lease.sent == 1 and lease.money or 0
        for _, name in ipairs(lease.free or {}) do
          spend(scope(name), charged)
        end
        for _, held in ipairs(lease.scopes) do
          local state = scope(held.name)
          state.held = state.held - lease.money
          spend(state, charged)
          if lease.sent == 0 then
            giveBackRequests(state, held.requestsAt, lease.requests)
            settleTokens(state, held.tokensAt, lease.share, lease.tokens)
          end
        end
        if lease.key ~= '' then
          local counted = figures(lease.key, lease.sent == 1 and lease.model or '-')
          count(counted, 'requests', 1)
          count(counted, 'failures', 1)
          count(counted, 'cost_nanos', charged)
          count(counted, 'unsettled_nanos', charged)
        end
        saveLease(id, { format = FORMAT, state = 'estimated', key = lease.key, model = lease.model, charged = charged,
            sent = lease.sent, tokens = lease.sent == 1 and lease.tokens or 0, share = lease.share,
            scopes = lease.scopes, free = lease.free, day = today, month = thisMonth() }, ESTIMATE_MS)
      end
    end
    saveUsage()
    return ended
  end

  return { settleTokens = settleTokens, giveBackRequests = giveBackRequests, spend = spend, figures = figures,
      count = count, saveUsage = saveUsage, reap = reap }
end
