import ArgumentParser
import Glibc
import TestSupport

/// A long day of a daemon: events at a steady rate, followers, questions, and a restart every now and then, in good order and not. In the
/// end every follower must have seen every event once, in its order.
@main struct Soak: ParsableCommand {
    private static let emitters = 2
    private static let questions = [
        "GET /v1/funnel HTTP/1.1", "GET /v1/friction HTTP/1.1", "GET /v1/journeys/lead:1 HTTP/1.1", "GET /metrics HTTP/1.1",
        "POST /v1/questions HTTP/1.1\r\nContent-Type: application/json",
    ]
    private static let question = Array(
        #"{"funnel":{"steps":[{"type":"marketing.lead.created"},{"type":"sales.touch.made"}],"window":"P30D"}}"#.utf8)

    @Option(help: "The daemon's program.")
    var journeyd: String

    @Option(help: "How long.")
    var minutes = 60.0

    @Option(help: "Events a second.")
    var rate = 20_000.0

    @Option(help: "Minutes between restarts. (default: a twelfth of all)")
    var restart: Double?

    @Option(help: "How many followers: one is a named consumer, the others follow by turns as lines and as server-sent events.")
    var followers = 4

    func run() throws {
        let scratch = try Scratch()
        let state = SoakState(socket: scratch.path + "/s")
        let daemon = SoakDaemon(journeyd, scratch.path, state)
        try daemon.start()
        let emitters = (0..<Soak.emitters).map { SoakEmitter($0, rate: rate / Double(Soak.emitters), state: state) }
        let followers = (0..<followers).map { number in
            SoakFollower(number == 2 ? .consumer : number.isMultiple(of: 2) ? .lines : .serverSent, emitters: Soak.emitters, state: state)
        }
        let emitting = emitters.map { emitter in SoakThread { emitter.run() } }
        let following = followers.map { follower in SoakThread { follower.run() } }
        let asking = SoakThread { Soak.ask(state) }
        let start = ContinuousClock.now
        try endure(daemon, emitters, followers, state)
        state.stop()
        for thread in emitting + [asking] { thread.join() }
        let seconds = start.duration(to: .now) / .seconds(1)
        state.end(tail: try daemon.position)
        for thread in following { thread.join() }
        let report = SoakReport(daemon, emitters, followers, state, tail: state.tail ?? 0, seconds: seconds)
        print(report.text)
        try daemon.end(SIGTERM)
        guard report.faults.isEmpty else { throw ExitCode(1) }
    }

    /// Looks at the daemon each second, and restarts it when it is time.
    private func endure(_ daemon: SoakDaemon, _ emitters: [SoakEmitter], _ followers: [SoakFollower], _ state: SoakState) throws {
        let pause = Duration.seconds((restart ?? minutes / 12) * 60)
        let end = ContinuousClock.now + .seconds(minutes * 60)
        var (next, signal, told) = (ContinuousClock.now + pause, SIGTERM, ContinuousClock.now)
        while ContinuousClock.now < end {
            sleep(1)
            daemon.look()
            if ContinuousClock.now >= next, ContinuousClock.now + pause / 2 < end {
                try daemon.end(signal)
                try daemon.start()
                (next, signal) = (ContinuousClock.now + pause, signal == SIGTERM ? SIGKILL : SIGTERM)
            }
            if told.duration(to: .now) >= .seconds(60) {
                told = .now
                let sample = daemon.lives.last?.last
                let events = emitters.reduce(0) { $0 + $1.count }
                print(
                    "\(events) events, followers \(followers.map { events - $0.position }) behind, memory "
                        + "\((sample?.memory ?? 0) >> 20) MiB, \(sample?.descriptors ?? 0) descriptors, \(state.faults.count) faults")
                fflush(nil)
            }
        }
    }

    /// Asks one thing after the other, several a second.
    private static func ask(_ state: SoakState) {
        var (number, connection) = (0, state.connect())
        while !state.isStopped, let open = connection {
            let head = questions[number % questions.count]
            let begin = ContinuousClock.now
            do throws(ConnectionLost) {
                let answer = try open.request(head, head.hasPrefix("POST") ? question : [])
                // What was just started may know no journey yet, and be behind.
                if ![200, 404, 503].contains(answer.status) {
                    state.fault(
                        "\(head.prefix(30)) was answered \(answer.status) \(String(decoding: answer.body.prefix(300), as: UTF8.self))")
                }
                state.answered(microseconds: Int(begin.duration(to: .now) / .microseconds(1)))
                usleep(200_000)
            } catch {
                connection = state.connect()
            }
            number += 1
        }
    }
}
