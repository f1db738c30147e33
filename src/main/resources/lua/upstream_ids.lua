-- Remembers which provider issued ids to a tenant.
--
-- KEYS     upstream:<id>, one for each id
-- ARGV[1]  the provider's name
-- ARGV[2]  how long, milliseconds
--
-- Repeating it is harmless.

for i = 1, #KEYS do
  redis.call('SET', KEYS[i], ARGV[1], 'PX', ARGV[2])
end
return #KEYS
