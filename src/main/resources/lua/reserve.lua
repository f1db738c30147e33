-- Reserves upper bounds of what calls of one holder may use, each in all scopes or in none, one after the other; or tops
-- reservations up before another call. To be preceded by limit.lua, which explains ARGV[1] and ARGV[2]. A provider is
-- taken to be asked as soon as this is granted; who waits before that marks the lease (renew.lua). Safe to repeat: the
-- same id and step is granted once.
--
-- KEYS     leases that are live, expiries of leases
-- ARGV[3]  name of the key for the usage row; empty: no row
-- ARGV[4]  milliseconds until the leases expire unless they are renewed
-- ARGV[5]  number of scopes
-- ARGV[6…] for each scope
--          its name
--          requests a minute, burst, tokens a minute, nano-dollars a day, a month; 0: unlimited
-- ARGV[…]  for each call
--          id of the lease, made by the gateway, unique
--          name of the model
--          the demand:
--          0 to reserve; 1, 2, … to top up, growing by one with each
--          for a top-up: 1 when the call before may have been billed, so that its share stays charged; 0 when the new
--          call takes it over
--          requests
--          most tokens of the prompt
--          most tokens of an answer
--          number of answers
--          least tokens of an answer that are worth granting; below the most when the bound may be lowered
--          most nano-dollars for the prompt
--          nano-dollars for a million tokens of answers, up to a millionth of the most that there can be
--          1 when the bound of the prompt is a rough one, granted only where there is plenty
--
-- Returns for each call
--         { 1, tokens of an answer granted, level of requests, level of tokens, milliseconds since 1970 }
--      or { 0, kind, number of the scope, milliseconds to wait, level of requests, level of tokens }
--      or { 2 } when the bound must not be rough
--      or { 3 } when the lease has ended, or this step has passed.
-- The levels are those of the first scope, in sixty-thousandths. Kinds: requests and tokens (waiting helps), size, day,
-- month (it does not), reserved (the day's or month's money is not spent, but held by running calls).

local FIRST_SCOPE = 6
local WIDTH = 3
local REAP_AT_ONCE = 8

local row, life = ARGV[3], ARGV[4]
local firstCall = FIRST_SCOPE + 2 * ARGV[5]

-- Of scopes where nothing is limited, but for the first whose levels are told, only what is spent will be counted.
local limits = {}
local scopeNames = {}
local free = {}
for i = FIRST_SCOPE, firstCall - 1, 2 do
  local requestsPerMinute, burst, tokensPerMinute, day, month = struct.unpack('>ddddd', ARGV[i + 1])
  if i > FIRST_SCOPE and requestsPerMinute == 0 and tokensPerMinute == 0 and day == 0 and month == 0 then
    free[#free + 1] = ARGV[i]
  else
    scopeNames[#scopeNames + 1] = ARGV[i]
    limits[#limits + 1] = { name = ARGV[i], requestsPerMinute = requestsPerMinute, burst = burst,
        tokensPerMinute = tokensPerMinute, day = day, month = month, number = (i - FIRST_SCOPE) / 2 + 1 }
  end
end

if redis.call('ZCOUNT', KEYS[2], '-inf', now) > 0 then
  endings().reap(REAP_AT_ONCE)
end

readScopes(scopeNames)
for _, limit in ipairs(limits) do
  local state = scope(limit.name)
  -- Rates that are not limited are not counted.
  state.requestsPerMinute = limit.requestsPerMinute
  state.tokensPerMinute = limit.tokensPerMinute
  if limit.requestsPerMinute == 0 then
    state.requests = 0
  end
  if limit.tokensPerMinute == 0 then
    state.tokens = 0
  end
  limit.state = state
end
local first = limits[1].state
local joinedNames, joinedFree = table.concat(scopeNames, ' '), table.concat(free, ' ')

-- All that is held is read before the first of them is decided about: an error must leave nothing half done.
local ids = {}
for i = firstCall, #ARGV, WIDTH do
  ids[#ids + 1] = ARGV[i]
end
local leases = {}
for n, live in ipairs(redis.call('HMGET', KEYS[1], unpack(ids))) do
  leases[ids[n]] = live and unpackLive(live)
end

-- The leases that are new or cover more now.
local taken = {}

-- What is being decided about the call at hand.
local granted
local refusal
local wait

local function mustWait(kind, limit, milliseconds)
  if milliseconds > wait and not (refusal and refusal.final) then
    wait = milliseconds
    refusal = { kind = kind, index = limit.number }
  end
end

local function never(kind, limit)
  if not (refusal and refusal.final) or refusal.kind == 'reserved' then
    wait = 0
    refusal = { kind = kind, index = limit.number, final = true }
  end
end

local function newLease()
  local lease = { sent = 1, step = 0, key = row, requests = 0, tokens = 0, share = 0, money = 0, moneyShare = 0,
      scopeNames = joinedNames, scopes = {}, free = joinedFree }
  for n, limit in ipairs(limits) do
    lease.scopes[n] = { name = limit.name, requestsAt = -1, tokensAt = -1 }
  end
  return lease
end

local function reserve(id, model, demand)
  local step, billedBefore, requests, prompt, output, choices, least, promptNanos, nanosPerMillion, rough =
      struct.unpack('>dddddddddd', demand)
  billedBefore = billedBefore == 1
  rough = rough == 1

  local lease = leases[id]
  if lease then
    if lease.step == step then
      return { 1, lease.output, first.requests, first.tokens, now }
    end
    if lease.step ~= step - 1 then
      return { 3 }
    end
  elseif step > 0 or isRemembered('ended', id) then
    return { 3 }
  else
    lease = newLease()
  end

  local function answerCost(tokens)
    return math.ceil(tokens * choices * nanosPerMillion / 1000000)
  end

  -- What this call may take over from the one before.
  local tokensHeld = billedBefore and 0 or lease.share
  local moneyHeld = billedBefore and 0 or lease.moneyShare

  granted = output
  refusal = nil
  wait = 0

  local function checkMoney(kind, limit, budget, spent)
    if budget == 0 then
      return
    end
    local room = budget - spent - limit.state.held + moneyHeld - promptNanos
    if room < 0 or answerCost(least) > room then
      never(promptNanos + answerCost(least) > budget - spent and kind or 'reserved', limit)
      return
    end
    if answerCost(granted) > room then
      granted = math.max(least, math.floor(room * 1000000 / (choices * nanosPerMillion)))
      -- The division may be off by the last bit of a double.
      while answerCost(granted) > room do
        granted = granted - 1
      end
    end
  end

  for _, limit in ipairs(limits) do
    local state = limit.state
    if limit.requestsPerMinute > 0 and requests > 0 then
      local over = state.requests + (requests - limit.burst) * PER_UNIT
      mustWait('requests', limit, math.ceil(over / limit.requestsPerMinute))
    end
    if limit.tokensPerMinute > 0 then
      local room = limit.tokensPerMinute * PER_UNIT - state.tokens + tokensHeld * PER_UNIT
      local fitting = math.floor((math.floor(room / PER_UNIT) - prompt) / choices)
      if fitting < least then
        local wanted = prompt + least * choices
        if wanted > limit.tokensPerMinute then
          never('size', limit)
        else
          mustWait('tokens', limit, math.ceil((wanted * PER_UNIT - room) / limit.tokensPerMinute))
        end
      else
        granted = math.min(granted, fitting)
      end
    end
    checkMoney('day', limit, limit.day, state.daySpent)
    checkMoney('month', limit, limit.month, state.monthSpent)
  end

  if refusal then
    if rough and refusal.kind ~= 'requests' then
      return { 2 }
    end
    return { 0, refusal.kind, refusal.index, wait, first.requests, first.tokens }
  end

  local tokens = math.max(0, prompt + granted * choices - tokensHeld)
  local money = math.max(0, promptNanos + answerCost(granted) - moneyHeld)

  if rough then
    for _, limit in ipairs(limits) do
      local state = limit.state
      local spent = state.held + money
      if granted < output
          or limit.tokensPerMinute > 0 and 2 * (state.tokens + tokens * PER_UNIT) > limit.tokensPerMinute * PER_UNIT
          or limit.day > 0 and 2 * (state.daySpent + spent) > limit.day
          or limit.month > 0 and 2 * (state.monthSpent + spent) > limit.month then
        return { 2 }
      end
    end
  end

  for n, limit in ipairs(limits) do
    local state = limit.state
    local held = lease.scopes[n]
    if limit.requestsPerMinute > 0 and requests > 0 then
      state.requests = state.requests + requests * PER_UNIT
      state.requestsIn = state.requestsIn + requests
      held.requestsAt = state.requestsIn
    end
    if limit.tokensPerMinute > 0 then
      state.tokens = state.tokens + tokens * PER_UNIT
      state.tokensIn = state.tokensIn + tokens
      -- A share that was partly taken over stays where the older part is: rather a little too early than granted twice.
      if held.tokensAt < 0 or tokensHeld == 0 then
        held.tokensAt = state.tokensIn
      end
    end
    state.held = state.held + money
  end

  lease.step = step
  lease.model = model
  lease.output = granted
  lease.requests = lease.requests + requests
  lease.share = tokensHeld + tokens
  lease.moneyShare = moneyHeld + money
  lease.tokens = lease.tokens + tokens
  lease.money = lease.money + money
  leases[id] = lease
  taken[#taken + 1] = id
  return { 1, granted, first.requests, first.tokens, now }
end

local answers = {}
for i = firstCall, #ARGV, WIDTH do
  answers[#answers + 1] = reserve(ARGV[i], ARGV[i + 1], ARGV[i + 2])
end
if #taken > 0 then
  local expiry = string.format('%.0f', now + life)
  local live, expiries = {}, {}
  for n, id in ipairs(taken) do
    live[2 * n - 1], live[2 * n] = id, packLive(leases[id])
    expiries[2 * n - 1], expiries[2 * n] = expiry, id
  end
  redis.call('HSET', KEYS[1], unpack(live))
  redis.call('PEXPIRE', KEYS[1], ESTIMATE_MS)
  redis.call('ZADD', KEYS[2], unpack(expiries))
end
saveScopes()
return answers
