internal import ArgumentParser
internal import JourneyClient
internal import JourneyModel

/// Prints where work waits.
struct FrictionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "friction", abstract: "Print where journeys wait, loop or get lost, the most severe first.",
        discussion: """
              journeyctl friction --scope sales --top 5
              journeyctl friction --by data.region --output csv
            """)

    @OptionGroup var options: CommonOptions
    @OptionGroup var view: ViewOptions

    @Option(help: "How many to print; --output json prints all.")
    var top = 10

    func validate() throws {
        guard top > 0 else { throw ValidationError("--top is a number from 1 on") }
    }

    func run() async throws {
        let client = options.client
        let response = try await client.request("GET", "/v1/friction", query: try await view.query(client))
        try options.show(response.body) { FrictionAnswer($0, top: top) }
    }
}
