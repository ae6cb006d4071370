import FoundationEssentials
import Glibc
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
            (#"journeyd_view_up{view="funnel",version="1"}"#, 1), ("journeyd_followers", 0), ("journeyd_slow_readers_total", 0),
            ("journeyd_consumers", 0),
        ] { #expect(value(text, name) == expected, "\(name)") }
        Self.checkFormat(text)
        let buckets = text.split(separator: "\n").filter { $0.hasPrefix("journeyd_commit_events_bucket") }
            .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
        #expect(buckets == buckets.sorted() && buckets.count == 25)
        #expect(Double(buckets.last ?? 0) == value(text, "journeyd_commit_events_count"))
    }

    /// What the format asks for: each metric is announced once, with its help and type, before its values, which stand together; each line
    /// once; histograms cumulative up to `+Inf`, which is their count; counters that end in `_total`.
    static func checkFormat(_ text: String) {
        #expect(text.hasSuffix("\n") && !text.contains("\n\n"))
        var kinds: [Substring: Substring] = [:]
        var (helped, ended, lines) = (Set<Substring>(), Set<Substring>(), Set<Substring>())
        var current: Substring = ""
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 3)
            if line.hasPrefix("# HELP ") {
                #expect(helped.insert(words[2]).inserted && words.count == 4, "\(line)")
            } else if line.hasPrefix("# TYPE ") {
                #expect(helped.contains(words[2]) && kinds.updateValue(words[3], forKey: words[2]) == nil, "\(line)")
                #expect((words[3] == "counter") == words[2].hasSuffix("_total"), "\(line)")
                ended.insert(current)
                current = words[2]
                #expect(!ended.contains(current), "\(line)")
            } else {
                let (name, value) = (line.prefix { $0 != "{" && $0 != " " }, line.split(separator: " ").last ?? "")
                let suffixes = kinds[current] == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
                #expect(suffixes.contains { name == current + $0 } && Double(value) != nil, "\(line)")
                #expect(lines.insert(line.dropLast(value.count)).inserted, "\(line)")
            }
        }
        #expect(kinds.values.contains("histogram"))
    }

    /// Prometheus' own checker, where it is installed.
    @Test(
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/promtool"), "promtool is part of Debian's package prometheus"))
    func promtoolHasNothingToSay() throws {
        let scratch = try Scratch()
        let daemon = try Daemon(scratch)
        #expect(try daemon.post(eventJSON("1")).status == 200)
        _ = try daemon.connect().request("PUT /v1/consumers/c HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        _ = try daemon.get("/v1/funnel")
        let file = scratch.path + "/metrics"
        try daemon.get("/metrics").text.write(toFile: file, atomically: true, encoding: .utf8)
        let process = try Program.spawn(
            "/bin/sh", ["-c", "promtool check metrics < \(file) > \(file).out 2>&1"], standardError: scratch.path + "/promtool")
        var status: Int32 = 0
        unsafe waitpid(process, &status, 0)
        #expect(status == 0, "\((try? String(contentsOfFile: file + ".out", encoding: .utf8)) ?? "")")
    }

    @Test(.timeLimit(.minutes(10))) func whatTheProcessUsesIsTold() throws {
        let scratch = try Scratch()
        let daemon = try Daemon(scratch)
        let open = try daemon.connect()
        _ = try open.request("GET /v1/status HTTP/1.1\r\n\r\n")
        var text = ""
        // Those that were there before end in their own time.
        repeat { text = try open.request("GET /metrics HTTP/1.1\r\n\r\n").text } while value(text, "journeyd_connections") != 1
        for name in ["process_resident_memory_bytes", "process_open_fds", "process_max_fds", "process_start_time_seconds"] {
            #expect(value(text, name) ?? 0 > 0, "\(name)")
        }
        #expect(value(text, "process_open_fds") ?? 0 < value(text, "process_max_fds") ?? 0)
    }
}
