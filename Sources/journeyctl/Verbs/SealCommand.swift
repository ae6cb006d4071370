internal import ArgumentParser
internal import JourneyClient

/// Ends the log's present epoch.
struct SealCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seal", abstract: "End the log's present epoch, which is then sealed in the background.",
        discussion: """
            Retention takes away sealed epochs, and a backup fetches each of them once.

              journeyctl seal
            """)

    @OptionGroup var options: CommonOptions

    func run() async throws {
        try options.show(try await options.client.request("POST", "/v1/admin/seal").body, as: Facts.init)
    }
}
