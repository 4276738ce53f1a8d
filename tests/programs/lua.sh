#!/usr/bin/env bash
# lua5.4: tables, closures, strings and garbage collection in both modes. Lua's allocator is realloc.
# packages: lua5.4
. "$(dirname "$0")/preload.bash"

workload() {
  under lua5.4 - <<'EOT'
local seed = 12345
local function random(n) seed = (seed * 1103515245 + 12345) % 2147483648; return seed % n + 1 end
local function round()
  local t = {}
  for i = 1, 60000 do t[i] = { id = i, name = ("n%d"):format(random(1000000)), sub = { random(10), random(10) } } end
  table.sort(t, function(a, b) return a.name == b.name and a.id < b.id or a.name < b.name end)
  local sum = 0
  for i, v in ipairs(t) do sum = (sum * 31 + v.id * i + v.sub[1]) % 1000000007 end
  for i = 1, #t, 2 do t[i] = false end
  return sum, #t
end
collectgarbage("incremental")
print(round()); collectgarbage(); print(round())
collectgarbage("generational")
print(round()); print(round()); collectgarbage()
local parts = {}
for i = 1, 100000 do parts[#parts + 1] = tostring(i * i) end
local s = table.concat(parts, ",")
print(#s, (s:gsub("1", "one")):len(), select(2, s:gsub("%d+", "")))
local co = {}
for i = 1, 2000 do co[i] = coroutine.wrap(function() for j = 1, 5 do coroutine.yield(i * j) end end) end
local total = 0
for _ = 1, 5 do for i = 1, 2000 do total = total + co[i]() end end
print(total)
EOT
}
compare
