-- What wrk counted, as numbers: its own summary rounds the bytes.
done = function(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format('{"requests": %d, "failed": %d, "sent": 0, "received": %d, "error": ""}\n',
        summary.requests, errors.connect + errors.read + errors.write + errors.status + errors.timeout, summary.bytes))
end
