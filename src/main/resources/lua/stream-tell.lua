-- Adds a piece of a running stream for those who follow it on other replicas.
--
-- KEYS[1]  Redis stream, one for each lease that a stream was begun under
-- ARGV[1]  number of the piece, from 1; the pieces of one stream are numbered without gaps
-- ARGV[2]  the piece
-- ARGV[3]  so many of the latest pieces are kept
-- ARGV[4]  milliseconds that they are kept
--
-- Returns 1. Repeating it is harmless: a piece with a number that is there already is not added again.

local added = redis.pcall('XADD', KEYS[1], 'MAXLEN', ARGV[3], ARGV[1] .. '-0', 'p', ARGV[2])
if type(added) == 'table' and added.err and not string.find(added.err, 'equal or smaller', 1, true) then
  return added
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
