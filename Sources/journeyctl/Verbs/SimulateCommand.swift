internal import ArgumentParser
internal import JourneyModel
internal import Simulation

/// Prints the events of a company that does not exist.
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Print the events of a simulated company, one JSON text a line.",
        discussion: """
            Needs no daemon. The same options give the same bytes everywhere:

              journeyctl simulate --journeys 10000 | journeyctl import -
            """)

    @Option(help: "How many journeys.")
    var journeys = 1000

    @Option(help: "What chance follows from.")
    var seed: UInt64 = 1

    @Option(help: "The first moment, an RFC 3339 date or date-time.")
    var start = SimulatedCompany.defaultStart

    @Option(help: "How many days journeys begin on, and after how many the story breaks off.")
    var days = 365

    @Flag(help: "Leave out the three frictions there are to find.")
    var withoutFriction = false

    func validate() throws {
        guard 0...SimulatedCompany.maximumJourneys ~= journeys else {
            throw ValidationError("--journeys is a number from 0 to \(SimulatedCompany.maximumJourneys)")
        }
        guard 1...SimulatedCompany.maximumDays ~= days else {
            throw ValidationError("--days is a number from 1 to \(SimulatedCompany.maximumDays)")
        }
    }

    func run() throws {
        let company = SimulatedCompany(journeys: journeys, seed: seed, start: start, days: days, hasFriction: !withoutFriction)
        var failure: OutputError?
        company.write { chunk in
            do throws(OutputError) {
                try StandardOutput.write(chunk)
            } catch {
                failure = error
            }
            return failure == nil
        }
        if let failure { throw failure }
    }
}

extension Timestamp: ExpressibleByArgument {
    /// Reads an RFC 3339 date or date-time.
    package init?(argument: String) {
        self.init(argument)
    }

    package var defaultValueDescription: String { text }
}
