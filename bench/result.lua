-- What a run gives back: one line of JSON. Loaded by the other scripts.
function done(summary, latency, requests)
	local e = summary.errors
	io.write(string.format('\nRESULT{"requests":%d,"seconds":%.6f,"refused":%d,"faults":%d,"p50_ms":%.3f,"p95_ms":%.3f,"p99_ms":%.3f}\n',
		summary.requests, summary.duration / 1e6, e.status, e.connect + e.read + e.write + e.timeout,
		latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3))
end
