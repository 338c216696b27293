-- The load for wrk: one request repeated, or, when asked, one that is new each time.
--   wrk -s load.lua URL -- BODY-FILE TURN|same

local MARK = string.rep("0", 16)

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  local body = file:read("*a")
  file:close()
  wrk.method, wrk.body = "POST", body
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Authorization"] = "Bearer omx_live_bench"
  if arguments[2] == "same" then
    local same = wrk.format()
    request = function() return same end
    return
  end
  local first, last = assert(body:find(MARK, 1, true))
  local before, after, number = body:sub(1, first - 1), body:sub(last + 1), 0
  request = function()
    number = number + 1
    return wrk.format(nil, nil, nil, before .. string.format("%08d%08d", arguments[2], number) .. after)
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.6f, "p99": %.1f, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
