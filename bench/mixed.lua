-- Each third request writes (POST of a body of FILE), the others read (GET of a path of PATHS).
-- Arguments: COOKIE ORIGIN FILE PATHS
local here = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
dofile(here .. "result.lua")
local posts, gets, at = {}, {}, 0

function init(args)
	wrk.headers["Cookie"] = args[1]
	wrk.headers["Origin"] = args[2]
	wrk.headers["Content-Type"] = "application/json"
	for body in io.lines(args[3]) do
		posts[#posts + 1] = wrk.format("POST", "/api/v1/records/ticket", nil, body)
	end
	for path in io.lines(args[4]) do
		gets[#gets + 1] = wrk.format("GET", path)
	end
end

function request()
	at = at + 1
	if at % 3 == 0 then
		return posts[(at / 3) % #posts + 1]
	end
	return gets[at % #gets + 1]
end
