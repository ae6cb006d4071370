internal import ArgumentParser
internal import Glibc
internal import JourneyClient

/// Where the daemon is: what every verb that speaks to it can be told.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where the daemon listens. (default: $JOURNEYD_SOCKET, then \(ConnectionOptions.defaultSocket))", valueName: "path"),
        completion: .file())
    var socket: String?

    private static let defaultSocket = "/run/journeyd/journeyd.sock"

    var client: JourneyClient {
        let environment = unsafe getenv("JOURNEYD_SOCKET").map { unsafe String(cString: $0) }
        return JourneyClient(socketPath: socket ?? environment ?? ConnectionOptions.defaultSocket)
    }
}
