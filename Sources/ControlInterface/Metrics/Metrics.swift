internal import Consumers
internal import EventLog
internal import JourneyModel
internal import Views

/// `GET /metrics`: the daemon's state for Prometheus.
extension ControlInterface {
    var metrics: Reply {
        var text = MetricsText()
        addLog(to: &text)
        addViews(to: &text)
        addRequests(to: &text)
        addReaders(to: &text)
        text.add("journeyd_build_info", .gauge, "The version that runs.", [([("version", version)], 1)])
        ProcessFigures.add(startedAt: started, to: &text)
        return Reply(text: text.text, contentType: "text/plain; version=0.0.4; charset=utf-8")
    }

    private func addLog(to text: inout MetricsText) {
        text.add("journeyd_log_position", .gauge, "Position of the last stored event.", Int(log.tail))
        text.add("journeyd_log_first_position", .gauge, "Position of the first event that is kept.", Int(log.first))
        text.add("journeyd_log_bytes", .gauge, "Bytes of disk that the log uses.", log.bytes)
        if let quota = log.quota { text.add("journeyd_log_quota_bytes", .gauge, "Bytes of disk that the log may use.", quota) }
        text.add("journeyd_log_epochs", .gauge, "Epochs of the log.", log.epochCount)
        text.add("journeyd_log_sealed_epochs", .gauge, "Epochs that are sealed.", log.sealedEpochs)
        text.add("journeyd_log_writable", .gauge, "Whether the log takes events.", log.readOnlyReason == nil ? 1 : 0)
        text.add("journeyd_log_damages", .gauge, "Parts of the log that cannot be read.", log.damages.count)
        text.add("journeyd_queue_events", .gauge, "Events that wait to be written.", log.waiting)
        text.add("journeyd_events_duplicate_total", .counter, "Events that were stored before.", log.duplicatesSinceStart)
        text.add("journeyd_erased_journeys_total", .counter, "Journeys that were erased.", log.erasures.reduce(0) { $0 + $1.journeys })
        let (durations, sizes) = (log.commitDurations.snapshot, log.commitSizes.snapshot)
        text.add("journeyd_events_appended_total", .counter, "Events stored since the start.", sizes.sum)
        text.add(
            "journeyd_commit_duration_seconds", "Time of a commit with both of its flushes.", scale: 1e-6, [(labels: [], counts: durations)]
        )
        text.add("journeyd_commit_events", "Events stored by a commit.", scale: 1, [(labels: [], counts: sizes)])
    }

    private func addViews(to text: inout MetricsText) {
        let statuses = viewStatuses
        func each(_ value: (ViewStatus) -> Double) -> [(labels: [(String, String)], value: Double)] {
            statuses.map { (labels: [("view", $0.name), ("version", String($0.version))], value: value($0)) }
        }
        let tail = log.tail
        text.add("journeyd_view_position", .gauge, "Last position that a view has seen.", each { Double($0.position) })
        text.add(
            "journeyd_view_lag_events", .gauge, "Stored events that a view has not seen.", each { Double(tail - min(tail, $0.position)) })
        text.add("journeyd_view_up", .gauge, "Whether a view is not in trouble.", each { $0.state.isTrouble ? 0 : 1 })
        text.add("journeyd_view_progress", .gauge, "How much of a view's build is done.", each { $0.progress })
        text.add("journeyd_view_parked_events", .gauge, "Events that a view could make nothing of.", each { Double($0.parkedCount) })
    }

    private func addRequests(to text: inout MetricsText) {
        text.add(
            "journeyd_requests_total", .counter, "Requests answered.",
            telemetry.answeredRequests.map { ([("route", $0.key.route), ("status", String($0.key.status))], Double($0.count)) })
        text.add(
            "journeyd_request_duration_seconds", "Time from a request's head to the end of its answer.", scale: 1e-6,
            telemetry.requestDurations.map { (labels: [("route", $0.route)], counts: $0.counts) })
        text.add(
            "journeyd_refused_total", .counter, "Requests and lines of events that were refused.",
            telemetry.refusals.map { ([("code", $0.code)], Double($0.count)) })
    }

    private func addReaders(to text: inout MetricsText) {
        text.add("journeyd_connections", .gauge, "Open connections.", telemetry.connections.value)
        text.add("journeyd_followers", .gauge, "Answers that follow the log.", telemetry.followers.value)
        text.add(
            "journeyd_slow_readers_total", .counter, "Answers that were cut off as their reader did not take what was written.",
            telemetry.slowReaders.value)
        let all = (try? consumers.all) ?? []
        text.add("journeyd_consumers", .gauge, "Named consumers.", all.count)
        text.add(
            "journeyd_consumer_position", .gauge, "Last position that a consumer has acknowledged.",
            all.map { ([("consumer", $0.name)], Double($0.position)) })
        text.add(
            "journeyd_consumer_lag_events", .gauge, "Events that a consumer has not acknowledged, its filter aside.",
            all.map { ([("consumer", $0.name)], Double(lag($0))) })
    }
}
