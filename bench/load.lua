-- What wrk asks and what it must be told, from one file: "LENGTH LENGTH\n", a request as on the wire, the body of its
-- answer, and so on. Prints: RESULT requests wrong-answers, where an answer that never came is a wrong one too.

local asked, expected, at = {}, {}, 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  while true do
    local line = file:read("*l")
    if not line then break end
    local request, answer = line:match("(%d+) (%d+)")
    asked[#asked + 1] = file:read(tonumber(request))
    expected[file:read(tonumber(answer))] = true
  end
  file:close()
end

function request()
  at = at % #asked + 1
  return asked[at]
end

wrong = 0

function response(status, headers, body)
  if status ~= 200 or not expected[body] then wrong = wrong + 1 end
end

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function done(summary, latency, requests)
  local errors = summary.errors
  local bad = errors.connect + errors.read + errors.write + errors.timeout
  for _, thread in ipairs(threads) do bad = bad + thread:get("wrong") end
  io.write(string.format("RESULT %d %d\n", summary.requests, bad))
end
