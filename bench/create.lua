-- POST of the bodies of a file, one a line, each once; a thread takes every n-th.
-- Arguments: COOKIE ORIGIN FILE
local here = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
dofile(here .. "result.lua")
local requests, at = {}, 0

function init(args)
	wrk.headers["Cookie"] = args[1]
	wrk.headers["Origin"] = args[2]
	wrk.headers["Content-Type"] = "application/json"
	wrk.headers["Prefer"] = args[4] and "return=minimal" or nil
	for body in io.lines(args[3]) do
		requests[#requests + 1] = wrk.format("POST", nil, nil, body)
	end
end

function request()
	at = at % #requests + 1
	return requests[at]
end
