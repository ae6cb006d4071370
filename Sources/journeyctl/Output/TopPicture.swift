internal import CommandLineTools
internal import JourneyModel

/// The daemon's state on one screen, with rates between two readings.
struct TopPicture {
    private static let barWidth = 30

    private let now: TopReading
    private let before: TopReading?

    /// - Parameter before: an earlier reading of the same run of the daemon; nil for rates since its start.
    init(_ now: TopReading, since before: TopReading?) {
        (self.now, self.before) = (now, before)
    }

    /// The picture, with a line feed at its end.
    var text: String { [heading, flow, views, log, funnel].joined(separator: "\n") }

    private var uptime: Double {
        Double(Timestamp.now.microseconds) / 1e6 - now.startedAt
    }

    private var seconds: Double {
        before.map { $0.time.duration(to: now.time) / .seconds(1) } ?? uptime
    }

    /// How much a counter grew, over all of its labels.
    private func growth(_ name: String) -> Double {
        now.metrics.sum(name) - (before?.metrics.sum(name) ?? 0)
    }

    private func rate(_ name: String) -> String {
        let rate = seconds > 0 ? growth(name) / seconds : 0
        return rate >= 100 ? Int(rate.rounded()).grouped : "\(Double(Int(rate * 10)) / 10)"
    }

    /// The mean of what a histogram took in.
    private func mean(_ name: String, scale: Double) -> String {
        let count = growth(name + "_count")
        return count > 0 ? "\(Double(Int(growth(name + "_sum") / count * scale * 10)) / 10)" : "–"
    }

    private var heading: String {
        let version = now.status[orNull: "version"].readable
        let span = before == nil ? "since the start" : "now"
        return Style.strong("journeyd \(version)") + "  up \(DurationText.text(seconds: uptime))  position "
            + "\(now.status[orNull: "position"].count)  " + Style.faint("rates \(span)") + "\n"
    }

    private var flow: String {
        var table = Table([.init(""), .init("a second", .right), .init("")])
        table.append(["events stored", rate("journeyd_events_appended_total")])
        table.append(["duplicates", rate("journeyd_events_duplicate_total")])
        table.append(["refused", rate("journeyd_refused_total")])
        let commits = "\(mean("journeyd_commit_events", scale: 1)) events each, \(mean("journeyd_commit_duration_seconds", scale: 1000)) ms"
        table.append(["commits", rate("journeyd_commit_duration_seconds_count"), commits])
        let requests = "\(mean("journeyd_request_duration_seconds", scale: 1000)) ms each"
        table.append(["requests", rate("journeyd_requests_total"), requests])
        table.append([
            "processor", rate("process_cpu_seconds_total"), "of one; \(Int(now.metrics["journeyd_queue_events"] ?? 0).grouped) events wait",
        ])
        return table.styled
    }

    private var views: String {
        var table = Table([.init("view"), .init("position", .right), .init("behind by", .right), .init("state")])
        for view in now.status["views"]?.elements ?? [] {
            let state = view[orNull: "state"].readable + (view["reason"].map { ": \($0.readable)" } ?? "")
            table.append([view[orNull: "name"].readable, view[orNull: "position"].count, view[orNull: "lag"].count, state])
        }
        return table.styled
    }

    private var log: String {
        let log = now.status[orNull: "log"]
        let bytes = log["bytes"]?.integer.map(ByteCount.text) ?? "–"
        let reason = log["reason"].map { ": \($0.readable)" } ?? ""
        return
            "log  \(log[orNull: "events"].count) events, \(bytes), \(log[orNull: "epochs"].count) epochs, \(log[orNull: "state"].readable)\(reason)\n"
    }

    private var funnel: String {
        guard let stages = now.funnel["stages"]?.elements else {
            return "funnel  \(now.funnel[orNull: "trouble"].readable)\n"
        }
        var table = Table([.init("stage"), .init("entered", .right), .init(""), .init("go on", .right)])
        let most = stages.compactMap { $0["entered"]?.integer }.max() ?? 0
        for (index, stage) in stages.enumerated() {
            let share = ReadablePercent.text(stage["converted"]?.number, of: stage["entered"]?.number)
            table.append([
                (stage["title"] ?? stage[orNull: "stage"]).readable, stage[orNull: "entered"].count,
                Bar.text(stage["entered"]?.integer ?? 0, of: most, width: TopPicture.barWidth), index == stages.count - 1 ? "" : share,
            ])
        }
        return table.styled
    }
}
