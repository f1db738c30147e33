-- Reserves an upper bound of what a call may use, in all scopes or in none; or tops a reservation up before another call.
-- To be preceded by limit.lua, which explains ARGV[1] and ARGV[2]. A provider is taken to be asked as soon as this is
-- granted; who waits before that marks the lease (renew.lua). Safe to repeat: the same id and step is granted once.
--
-- KEYS     lease, expiries of leases, first scope
-- ARGV[3]  id of the lease, made by the gateway, unique
-- ARGV[4]  the demand:
--          0 to reserve; 1, 2, … to top up, growing by one with each
--          for a top-up: 1 when the call before may have been billed, so that its share stays charged; 0 when the new
--          call takes it over
--          milliseconds until the lease expires unless it is renewed
--          requests
--          most tokens of the prompt
--          most tokens of an answer
--          number of answers
--          least tokens of an answer that are worth granting; below the most when the bound may be lowered
--          most nano-dollars for the prompt
--          nano-dollars for a million tokens of answers, up to a millionth of the most that there can be
--          1 when the bound of the prompt is a rough one, granted only where there is plenty
-- ARGV[5]  name of the model
-- ARGV[6]  name of the key for the usage row; empty: no row
-- ARGV[7…] for each scope: name; requests a minute, burst, tokens a minute, nano-dollars a day, a month; 0: unlimited
--
-- Returns { 1, tokens of an answer granted, level of requests, level of tokens, milliseconds since 1970 }
--      or { 0, kind, number of the scope, milliseconds to wait, level of requests, level of tokens }
--      or { 2 } when the bound must not be rough
--      or { 3 } when the lease has ended, or this step has passed.
-- The levels are those of the first scope, in sixty-thousandths. Kinds: requests and tokens (waiting helps), size, day,
-- month (it does not), reserved (the day's or month's money is not spent, but held by running calls).

local REAP_AT_ONCE = 8

local id = ARGV[3]
local step, billedBefore, life, requests, prompt, output, choices, least, promptNanos, nanosPerMillion, rough =
    struct.unpack('>ddddddddddd', ARGV[4])
billedBefore = billedBefore == 1
rough = rough == 1

-- Of scopes where nothing is limited, but for the first whose levels are told, only what is spent will be counted.
local limits = {}
local free
for i = 7, #ARGV, 2 do
  local requestsPerMinute, burst, tokensPerMinute, day, month = struct.unpack('>ddddd', ARGV[i + 1])
  if i > 7 and requestsPerMinute == 0 and tokensPerMinute == 0 and day == 0 and month == 0 then
    free = free or {}
    free[#free + 1] = ARGV[i]
  else
    limits[#limits + 1] = { name = ARGV[i], requestsPerMinute = requestsPerMinute, burst = burst,
        tokensPerMinute = tokensPerMinute, day = day, month = month, number = (i - 5) / 2 }
  end
end

local function answerCost(tokens)
  return math.ceil(tokens * choices * nanosPerMillion / 1000000)
end

if redis.call('ZCOUNT', KEYS[2], '-inf', now) > 0 then
  endings().reap(REAP_AT_ONCE)
end

local known = redis.call('MGET', KEYS[1], KEYS[3])
read[limits[1].name] = known[2]
local first = scope(limits[1].name)
local lease = unpackLease(known[1])
if lease then
  if lease.state == 'live' and lease.step == step then
    saveScopes()
    return { 1, lease.output, first.requests, first.tokens, now }
  end
  if lease.state ~= 'live' or lease.step ~= step - 1 then
    saveScopes()
    return { 3 }
  end
elseif step > 0 or isRemembered('ended', id) then
  saveScopes()
  return { 3 }
else
  lease = { format = FORMAT, state = 'live', sent = 1, step = 0, key = ARGV[6], requests = 0, tokens = 0,
      share = 0, money = 0, moneyShare = 0, scopes = {}, free = free }
  for i, limit in ipairs(limits) do
    lease.scopes[i] = { name = limit.name, requestsAt = -1, tokensAt = -1 }
  end
end

-- What this call may take over from the one before.
local tokensHeld = billedBefore and 0 or lease.share
local moneyHeld = billedBefore and 0 or lease.moneyShare

local granted = output
local refusal
local wait = 0

local function mustWait(kind, index, milliseconds)
  if milliseconds > wait and not (refusal and refusal.final) then
    wait = milliseconds
    refusal = { kind = kind, index = index }
  end
end

local function never(kind, index)
  if not (refusal and refusal.final) or refusal.kind == 'reserved' then
    wait = 0
    refusal = { kind = kind, index = index, final = true }
  end
end

local function checkMoney(kind, index, budget, spent, held)
  if budget == 0 then
    return
  end
  local room = budget - spent - held + moneyHeld - promptNanos
  if room < 0 or answerCost(least) > room then
    never(promptNanos + answerCost(least) > budget - spent and kind or 'reserved', index)
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
  local index = limit.number
  local state = scope(limit.name)
  -- Rates that are not limited are not counted.
  state.requestsPerMinute = limit.requestsPerMinute
  state.tokensPerMinute = limit.tokensPerMinute
  if limit.requestsPerMinute == 0 then
    state.requests = 0
  elseif requests > 0 then
    local over = state.requests + (requests - limit.burst) * PER_UNIT
    mustWait('requests', index, math.ceil(over / limit.requestsPerMinute))
  end
  if limit.tokensPerMinute == 0 then
    state.tokens = 0
  else
    local room = limit.tokensPerMinute * PER_UNIT - state.tokens + tokensHeld * PER_UNIT
    local fitting = math.floor((math.floor(room / PER_UNIT) - prompt) / choices)
    if fitting < least then
      local wanted = prompt + least * choices
      if wanted > limit.tokensPerMinute then
        never('size', index)
      else
        mustWait('tokens', index, math.ceil((wanted * PER_UNIT - room) / limit.tokensPerMinute))
      end
    else
      granted = math.min(granted, fitting)
    end
  end
  checkMoney('day', index, limit.day, state.daySpent, state.held)
  checkMoney('month', index, limit.month, state.monthSpent, state.held)
end

if refusal then
  saveScopes()
  if rough and refusal.kind ~= 'requests' then
    return { 2 }
  end
  return { 0, refusal.kind, refusal.index, wait, first.requests, first.tokens }
end

local tokens = math.max(0, prompt + granted * choices - tokensHeld)
local money = math.max(0, promptNanos + answerCost(granted) - moneyHeld)

if rough then
  for _, limit in ipairs(limits) do
    local state = scope(limit.name)
    local spent = state.held + money
    if granted < output
        or limit.tokensPerMinute > 0 and 2 * (state.tokens + tokens * PER_UNIT) > limit.tokensPerMinute * PER_UNIT
        or limit.day > 0 and 2 * (state.daySpent + spent) > limit.day
        or limit.month > 0 and 2 * (state.monthSpent + spent) > limit.month then
      saveScopes()
      return { 2 }
    end
  end
end

for index, limit in ipairs(limits) do
  local state = scope(limit.name)
  local held = lease.scopes[index]
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
lease.model = ARGV[5]
lease.output = granted
lease.requests = lease.requests + requests
lease.share = tokensHeld + tokens
lease.moneyShare = moneyHeld + money
lease.tokens = lease.tokens + tokens
lease.money = lease.money + money
saveLease(id, lease, ESTIMATE_MS)
redis.call('ZADD', KEYS[2], now + life, id)
saveScopes()
return { 1, granted, first.requests, first.tokens, now }
