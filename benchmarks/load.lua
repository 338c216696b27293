-- wrk script: sends one request repeatedly, or a different one each time.
--   wrk -s load.lua URL -- BODY-FILE TURN|same

local MARK = string.rep("0", 16)
-- Composing a large request takes longer than the response to it. So there are only RING of them, sent in rotation:
-- together more than a server could cache within its memory goal. Small requests differ each time.
local LARGE, RING = 100000, 32

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  local body = file:read("*a")
  file:close()
  wrk.method, wrk.body = "POST", body
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Authorization"] = "Bearer omx_live_bench"
  -- The whole request is composed once: the load must cost less than the response.
  local whole, number = wrk.format(), 0
  if arguments[2] == "same" then
    request = function() return whole end
    return
  end
  local first, last = assert(whole:find(MARK, 1, true))
  local before, after = whole:sub(1, first - 1), whole:sub(last + 1)
  local function compose(number)
    return before .. string.format("%08d%08d", arguments[2], number) .. after
  end
  local ring = {}
  for place = 1, #whole > LARGE and RING or 0 do ring[place] = compose(place) end
  request = function()
    number = number + 1
    return ring[number % RING + 1] or compose(number)
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.6f, "p99": %.1f, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
