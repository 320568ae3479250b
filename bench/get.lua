-- GET of the paths of a file, one a line, in turn; without a file the one path of the address.
-- Arguments: COOKIE ORIGIN [FILE]
local here = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
dofile(here .. "result.lua")
local requests, at = {}, 0

function init(args)
	wrk.headers["Cookie"] = args[1] ~= "" and args[1] or nil
	if args[3] then
		for path in io.lines(args[3]) do
			requests[#requests + 1] = wrk.format("GET", path)
		end
	else
		requests[1] = wrk.format("GET")
	end
end

function request()
	at = at % #requests + 1
	return requests[at]
end
