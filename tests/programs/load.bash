# load.bash -- load REQUESTS URL: wrk asks so many times over 32 connections, and says how many were answered well. wrk would
# go on until its time is over: its own script interrupts it.
load() {
  cat >load.lua <<EOT
local ffi, answered, good = require("ffi"), 0, 0
ffi.cdef "int getpid(void); int kill(int, int);"
function request() return wrk.format(nil, nil, { ["Accept-Encoding"] = "gzip" }) end
function response(status)
  answered = answered + 1
  if status == 200 then good = good + 1 end
  if answered == $1 then
    io.stderr:write("good answers: " .. good .. "\n")
    wrk.thread:stop()
    ffi.C.kill(ffi.C.getpid(), 2)
  end
end
EOT
  wrk -t1 -c32 -d600s -s load.lua "$2" 2>&1 | grep '^good answers'
}
