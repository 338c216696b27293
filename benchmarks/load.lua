-- The load for wrk: one request repeated, or, when asked, one whose prompt is new each time.
--   wrk -s load.lua URL -- BODY-FILE ROUND|same

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  local body = file:read("*a")
  file:close()
  wrk.method, wrk.body = "POST", body
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Authorization"] = "Bearer omx_live_bench"
  local same, number = wrk.format(), 0
  if arguments[2] == "same" then
    request = function() return same end
    return
  end
  local before, after = body:match("^(.*)%.%.%.%.%.%.%.%.%.%.%.%.%.%.%.%.(.*)$")
  request = function()
    number = number + 1
    return wrk.format(nil, nil, nil, string.format("%s%08d%08d%s", before, arguments[2], number, after))
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.6f, "p50": %.1f, "p99": %.1f, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
