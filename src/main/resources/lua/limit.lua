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
--
-- limit:<scope>     what was used of a scope
-- limit:live        hash: the leases of calls that run, by id
-- limit:leases      sorted set: when these expire, by id
-- limit:lease:<id>  a lease that expired and was charged by estimate, for whom the truth may still come
-- limit:ended       set: ids of leases that have ended, and limit:ended:old; limit:counted likewise

local FORMAT = 1
local LIVE_FORMAT = 1
local ESTIMATE_FORMAT = 2
-- A bucket is counted in sixty-thousandths, so that a limit of n a minute gives back n of them every millisecond.
local PER_UNIT = 60000
local DAY_MS = 86400000
-- A month's budget has to outlast the month: 70 days. In text, because Redis takes nothing else.
local SCOPE_MS = '6048000000'
-- How long the true figures of a lease that expired are waited for.
local ESTIMATE_MS = '86400000'
local ROW_SECONDS = '34560000'
-- How long an ended lease is remembered at least, against messages that arrive again or too late.
local ENDED_MS = 120000

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

-- Reads scopes that are going to be asked for all at once.
local function readScopes(names)
  local keys = {}
  for n, name in ipairs(names) do
    keys[n] = base .. 'limit:' .. name
  end
  local packed = redis.call('MGET', unpack(keys))
  for n, name in ipairs(names) do
    read[name] = packed[n]
  end
end

local function saveScopes()
  for name, state in pairs(scopes) do
    redis.call('SET', base .. 'limit:' .. name, cmsgpack.pack(state), 'PX', SCOPE_MS)
  end
end

-- Whether an id is in one of the two sets of a kind, 'ended' or 'counted'; endings fill and empty them.
local function isRemembered(kind, id)
  local ids = base .. 'limit:' .. kind
  return redis.call('SISMEMBER', ids, id) == 1 or redis.call('SISMEMBER', ids .. ':old', id) == 1
end

-- Names that stand in one argument, separated by spaces.
local namesOf = {}
local function names(joined)
  local list = namesOf[joined]
  if not list then
    list = {}
    for name in string.gmatch(joined, '%S+') do
      list[#list + 1] = name
    end
    namesOf[joined] = list
  end
  return list
end

-- A lease that is live, as it is stored: there are many, each written once and read once, so it is packed tightly. `scopes`
-- are those that hold a part of it, with where in their buckets that stands, -1 where it does not; `free` those that only
-- count what is spent.
local LIVE = '>BBdddddddssss'

local function packLive(lease)
  local packed = struct.pack(LIVE, LIVE_FORMAT, lease.sent, lease.step, lease.requests, lease.tokens,
      lease.share, lease.money, lease.moneyShare, lease.output, lease.key, lease.model, lease.scopeNames, lease.free)
  for _, held in ipairs(lease.scopes) do
    packed = packed .. struct.pack('>dd', held.requestsAt, held.tokensAt)
  end
  return packed
end

local function unpackLive(packed)
  if string.byte(packed) ~= LIVE_FORMAT then
    error('lease of an unknown format: ' .. tostring(string.byte(packed)))
  end
  local _, sent, step, requests, tokens, share, money, moneyShare, output, key, model, scopeNames, free, at =
      struct.unpack(LIVE, packed)
  local scopes = {}
  for n, name in ipairs(names(scopeNames)) do
    local requestsAt, tokensAt
    requestsAt, tokensAt, at = struct.unpack('>dd', packed, at)
    scopes[n] = { name = name, requestsAt = requestsAt, tokensAt = tokensAt }
  end
  return { sent = sent, step = step, requests = requests, tokens = tokens, share = share, money = money,
      moneyShare = moneyShare, output = output, key = key, model = model, scopeNames = scopeNames, scopes = scopes,
      free = free }
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

  -- Ends leases whose gateway has not been heard of. Where a provider had been asked, it may bill: the reserved amount is
  -- charged and marked unsettled. Where not, all is given back. The true figures may still arrive and replace the estimate.
  -- A lease of another format is left to replicas of that version; it must not keep this one from its other work.
  local function reap(most)
    local expired = redis.call('ZRANGEBYSCORE', base .. 'limit:leases', '-inf', now, 'LIMIT', 0, most)
    if #expired == 0 then
      return 0
    end
    local live = redis.call('HMGET', base .. 'limit:live', unpack(expired))
    local ended = {}
    for n, id in ipairs(expired) do
      local lease = live[n] and string.byte(live[n]) == LIVE_FORMAT and unpackLive(live[n])
      if lease or not live[n] then
        ended[#ended + 1] = id
      end
      if lease then
        local charged = lease.sent == 1 and lease.money or 0
        -- Day and month that paid: those of each scope, which a clock that was set back is behind.
        local periods = {}
        local function charge(name)
          local state = scope(name)
          spend(state, charged)
          periods[name] = { day = state.day, month = state.month }
          return state
        end
        for _, name in ipairs(names(lease.free)) do
          charge(name)
        end
        for _, held in ipairs(lease.scopes) do
          local state = charge(held.name)
          state.held = state.held - lease.money
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
        local estimate = { format = ESTIMATE_FORMAT, key = lease.key, model = lease.model, charged = charged,
            sent = lease.sent, tokens = lease.sent == 1 and lease.tokens or 0, share = lease.share,
            scopes = lease.scopes, free = lease.free, periods = periods }
        redis.call('SET', base .. 'limit:lease:' .. id, cmsgpack.pack(estimate), 'PX', ESTIMATE_MS)
      end
    end
    saveUsage()
    if #ended > 0 then
      redis.call('ZREM', base .. 'limit:leases', unpack(ended))
      redis.call('HDEL', base .. 'limit:live', unpack(ended))
      remember('ended', ended, ENDED_MS)
    end
    return #ended
  end

  return { settleTokens = settleTokens, giveBackRequests = giveBackRequests, spend = spend, figures = figures,
      count = count, saveUsage = saveUsage, remember = remember, reap = reap }
end
