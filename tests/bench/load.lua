-- What wrk asks for, and how it says what came of it. BENCH_MODE: "pipelined N", "random N" files of /small, or nothing.
local mode, number = (os.getenv("BENCH_MODE") or ""):match("^(%a*) ?(%d*)$")
local threads = 0

-- Each thread draws numbers of its own, the same in every run.
function setup(thread)
    threads = threads + 1
    thread:set("seed", threads)
end

local function small_file(i)
    return string.format("/small/%02d/%02d.html", i / 100, i % 100)
end

if mode == "pipelined" then
    local batch
    function init()
        batch = string.rep(wrk.format(), tonumber(number))
    end
    function request()
        return batch
    end
elseif mode == "random" then
    local requests = {}
    function init()
        math.randomseed(seed)
        for i = 1, tonumber(number) do
            requests[i] = wrk.format("GET", small_file(i - 1))
        end
    end
    function request()
        return requests[math.random(#requests)]
    end
end

function done(summary, latency)
    local e = summary.errors
    io.write(string.format("\nbench %d %d %d %d %d\n", summary.requests, summary.duration, e.status,
        e.connect + e.read + e.write + e.timeout, latency:percentile(99)))
end
