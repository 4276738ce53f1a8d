-- work.lua -- the Lua program of the suite: work.lua ROUNDS. Tables with an array part and with a hash part, strings that are
-- built and taken apart, closures, objects with metatables, coroutines. Prints one line that depends on all of it; the order
-- in which pairs() visits does not matter to it.

local state = 42
local function below(n)
  state = (state * 1103515245 + 12345) % 2147483648
  return (state >> 8) % n
end

local Point = {}
Point.__index = Point
Point.__add = function(a, b) return setmetatable({ x = a.x + b.x, y = a.y + b.y }, Point) end
local function point(x, y) return setmetatable({ x = x, y = y }, Point) end

local function strings()
  local parts = {}
  for i = 1, 20000 do parts[i] = "k" .. below(5000) .. ("="):rep(below(4)) end
  local text, count = table.concat(parts, ","), {}
  for word in text:gmatch("[^,]+") do count[word] = (count[word] or 0) + 1 end
  local keys = {}
  for key in pairs(count) do keys[#keys + 1] = key end
  table.sort(keys)
  local sum = 0
  for i, key in ipairs(keys) do sum = (sum * 31 + i * count[key] + #key:upper()) % 1000000007 end
  return sum
end

local function closures()
  local counters = {}
  for i = 1, 15000 do
    local n = below(100)
    counters[i] = function(by) n = n + by return n end
  end
  local sum = 0
  for i = 1, #counters do sum = (sum + counters[i](i)) % 1000000007 end
  return sum
end

local function objects()
  local sum = point(0, 0)
  local near = {}
  for i = 1, 20000 do
    local p = point(below(100), below(100))
    local cell = p.x * 100 + p.y
    near[cell] = near[cell] or {}
    table.insert(near[cell], p)
    sum = sum + p
  end
  local most = 0
  for _, cell in pairs(near) do most = math.max(most, #cell) end
  return sum.x * 7 + sum.y * 11 + most
end

local function tree(depth)
  if depth == 0 then return { value = below(10) } end
  return { left = tree(depth - 1), right = tree(depth - 1), value = depth }
end

local function visit(node)
  if node.left then
    visit(node.left)
    visit(node.right)
  end
  coroutine.yield(node.value)
end

local function trees()
  local root, sum = tree(13), 0
  for value in coroutine.wrap(function() visit(root) end) do sum = sum + value end
  for _ = 1, 1500 do
    local n = coroutine.wrap(function(a) return a + coroutine.yield(a) end)
    sum = sum + n(below(5)) + n(1)
  end
  return sum
end

local rounds, check = tonumber(arg[1]), 0
local kept = {}
for turn = 1, rounds do
  for _, part in ipairs({ strings, closures, objects, trees }) do check = (check * 131 + part()) % 1000000007 end
  kept[turn % 4] = tree(12)
end
print(rounds .. " rounds: " .. check)
