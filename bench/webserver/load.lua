-- load.lua -- what wrk asks the server for: the paths of a file, one a line, over and over, with the headers that a browser
-- sends. Each of wrk's threads begins elsewhere in it.
--
-- usage: wrk ... -s load.lua URL -- FILE
local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(arguments)
  local headers = table.concat({
    "Host: localhost",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Accept-Language: en-GB,en;q=0.8,de;q=0.5",
    "Accept-Encoding: identity",
    "Referer: http://localhost/index.html",
    "Cookie: session=3f9a1c77e2b04d55; theme=dark; visited=20261121",
    "Connection: keep-alive",
  }, "\r\n")
  requests, paths = {}, {}
  for path in io.lines(arguments[1]) do
    -- One text for each path, however often it is asked for.
    paths[path] = paths[path] or "GET " .. path .. " HTTP/1.1\r\n" .. headers .. "\r\n\r\n"
    requests[#requests + 1] = paths[path]
  end
  at = math.floor(#requests * number / 7) % #requests
end

function request()
  at = at % #requests + 1
  return requests[at]
end

-- One line that a program can read: requests, seconds, milliseconds of the median and of the slowest in a hundred, failures.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("result %d %.6f %.6f %.6f %d\n", summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
