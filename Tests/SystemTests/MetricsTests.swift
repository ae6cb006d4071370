import TestSupport
import Testing

@Suite struct MetricsTests {
    /// The value of a metric with just these labels.
    private func value(_ text: String, _ name: String) -> Double? {
        text.split(separator: "\n").first { $0.hasPrefix(name + " ") }.flatMap { Double($0.dropFirst(name.utf8.count + 1)) }
    }

    @Test func whatHappenedIsCounted() throws {
        let scratch = try Scratch()
        let daemon = try Daemon(scratch)
        _ = try daemon.post((0..<7).map { eventJSON("\($0)") }.joined(separator: "\n"), "application/x-ndjson")
        _ = try daemon.post(eventJSON("3"))
        _ = try daemon.post("{")
        _ = try daemon.post(
            [eventJSON("8", subject: "nonsense"), eventJSON("9", time: "soon")].joined(separator: "\n"), "application/x-ndjson")
        _ = try daemon.get("/v1/nothing")
        let answer = try daemon.get("/metrics")
        #expect(answer.status == 200 && answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        let text = answer.text
        for (name, expected) in [
            ("journeyd_log_position", 7.0), ("journeyd_events_appended_total", 7), ("journeyd_events_duplicate_total", 1),
            (#"journeyd_refused_total{code="malformed-json"}"#, 1), (#"journeyd_refused_total{code="invalid-event"}"#, 1),
            (#"journeyd_refused_total{code="invalid-time"}"#, 1), (#"journeyd_refused_total{code="not-found"}"#, 1),
            (#"journeyd_requests_total{route="append",status="200"}"#, 3), (#"journeyd_requests_total{route="append",status="400"}"#, 1),
            (#"journeyd_request_duration_seconds_count{route="append"}"#, 4), ("journeyd_commit_events_sum", 7),
            ("journeyd_log_writable", 1),
            (#"journeyd_view_up{view="funnel"}"#, 1),
        ] { #expect(value(text, name) == expected, "\(name)") }
        // The format: each metric is announced once, before its values, and histograms are cumulative up to +Inf.
        var announced: Set<Substring> = []
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.hasPrefix("# TYPE ") {
                #expect(announced.insert(words[2]).inserted, "\(line)")
            } else if !line.hasPrefix("#") {
                let name = words[0].prefix { $0 != "{" }
                let base = ["_bucket", "_sum", "_count"].reduce(name) { $0.hasSuffix($1) ? $0.dropLast($1.count) : $0 }
                #expect(announced.contains(name) || announced.contains(base), "\(line)")
                #expect(words.count == 2 && Double(words[1]) != nil, "\(line)")
            }
        }
        let buckets = text.split(separator: "\n").filter { $0.hasPrefix("journeyd_commit_events_bucket") }
            .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
        #expect(buckets == buckets.sorted() && buckets.count == 25)
        #expect(Double(buckets.last ?? 0) == value(text, "journeyd_commit_events_count"))
    }
}
