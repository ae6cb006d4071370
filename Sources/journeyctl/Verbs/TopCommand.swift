internal import ArgumentParser
internal import CommandLineTools
internal import Glibc
internal import JourneyClient
internal import JourneyModel

/// Shows how the daemon does, again and again.
struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Show live what the daemon does: rates, waits, views, and the funnel.",
        discussion: """
            Goes on until interrupted. Where the output is not a terminal, or with --once, one picture is printed, and its rates are those
            since the daemon's start.

              journeyctl top
              journeyctl top --interval 10 --scope sales
              journeyctl top --once | head -n 4
            """)

    @OptionGroup var connection: ConnectionOptions

    @Option(help: "Seconds between two pictures.")
    var interval = 2.0

    @Option(help: "Which stages the funnel has: those of revenue, all departments, or of sales alone.")
    var scope = ViewOptions.Scope.revenue

    @Flag(help: "Print one picture and end.")
    var once = false

    // From the first cell on, without clearing first: what does not change does not flicker.
    private static let home = "\u{1B}[H"
    private static let clear = "\u{1B}[2J"
    private static let endLine = "\u{1B}[K\n"
    private static let clearRest = "\u{1B}[J"

    func validate() throws {
        guard interval >= 0.1, interval <= 3600 else { throw ValidationError("--interval is a number of seconds from 0.1 to 3600") }
    }

    func run() async throws {
        let client = connection.client
        var reading = try await TopReading.read(client, scope: scope)
        guard !once, isatty(STDOUT_FILENO) == 1 else {
            return try StandardOutput.write(Array(TopPicture(reading, since: nil).text.utf8))
        }
        try StandardOutput.write(Array((TopCommand.clear + TopCommand.screen(TopPicture(reading, since: nil).text)).utf8))
        while true {
            try await Task.sleep(for: .seconds(interval))
            let text: String
            do {
                let next = try await TopReading.read(client, scope: scope)
                // A daemon that was started anew counts from zero.
                text = TopPicture(next, since: next.startedAt == reading.startedAt ? reading : nil).text
                reading = next
            } catch let error as ClientError {
                text = "\(error)\n"
            }
            try StandardOutput.write(Array(TopCommand.screen(text).utf8))
        }
    }

    private static func screen(_ text: String) -> String {
        home + text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: endLine) + clearRest
    }
}

/// What the daemon says of itself at one moment.
struct TopReading {
    let time = ContinuousClock.now
    let status: JSONValue
    let metrics: MetricSamples
    let funnel: JSONValue
    /// When the daemon started, in seconds since 1970.
    var startedAt: Double { metrics["process_start_time_seconds"] ?? 0 }

    static func read(_ client: JourneyClient, scope: ViewOptions.Scope) async throws -> TopReading {
        let status = try await client.request("GET", "/v1/status").body
        let metrics = try await client.request("GET", "/metrics").body
        let funnel = try await funnel(client, scope)
        return TopReading(
            status: try JSONValue(status.span), metrics: MetricSamples(String(decoding: metrics, as: UTF8.self)), funnel: funnel)
    }

    private static func funnel(_ client: JourneyClient, _ scope: ViewOptions.Scope) async throws -> JSONValue {
        do {
            let body = try await client.request("GET", "/v1/funnel", query: ["scope": scope.rawValue]).body
            return try JSONValue(body.span)
        } catch let problem as ProblemDetails {
            // A view that is being built or has stopped is told by the status.
            return .object([.init(name: "trouble", value: .string(problem.title))])
        }
    }
}
