internal import ControlInterface
internal import EventLog
internal import JourneyModel
internal import JourneyServer

/// All that can be set. The defaults are those of the modules that use them.
extension Setting {
    package static let data = Setting("data", .path, "/var/lib/journeyd", "The directory of the log and what is derived from it.")
    package static let socket = Setting("socket", .path, "/run/journeyd/journeyd.sock", "The Unix socket to listen on.")
    package static let socketGroup = Setting("socketGroup", .group, nil, "The group that may connect; else the daemon's own.")

    package static let logLevel = Setting("log.level", .level, "info", isReloadable: true, "The lowest level of log lines.")
    package static let quota = Setting("log.quota", .integer(0...Int.max), "0", "Bytes of disk for events; 0 for all there is.")
    package static let epochBytes = Setting(
        "log.epochBytes", .integer(1...(1 << 37)), "\(logOptions.epochBytes)", "Bytes of an epoch, after which the next begins.")
    package static let epochAge = Setting(
        "log.epochAge", .integer(1...3_155_760_000), "\(logOptions.epochAge)", "Seconds after which the next epoch begins.")
    package static let identityTail = Setting(
        "log.identityTail", .integer(1...(1 << 24)), "\(logOptions.identityTail)", "Events whose identities are held in memory.")
    package static let encrypt = Setting(
        "log.encrypt", .flag, "\(logOptions.encrypts)", "Whether what says something about a person is encrypted.")
    package static let keyFile = Setting("log.keyFile", .path, nil, "The key of the keys; else the credential journeyd.key, else DATA/key.")

    package static let emit = Setting("access.emit", .principals, "", isReloadable: true, "Who may store events.")
    package static let ask = Setting("access.ask", .principals, "", isReloadable: true, "Who may read.")
    package static let administer = Setting("access.administer", .principals, "", isReloadable: true, "Who may administer.")

    package static let connections = Setting(
        "limits.connections", .integer(1...65_536), "\(server.connections)", isReloadable: true, "Connections at once.")
    package static let connectionsOfUser = Setting(
        "limits.connectionsOfUser", .integer(1...65_536), "\(server.connectionsOfUser)", isReloadable: true,
        "Connections of one user at once.")
    package static let headerBytes = Setting(
        "limits.headerBytes", .integer(1024...(1 << 20)), "\(server.headerBytes)", "Bytes of a request line and its headers.")
    package static let headerSeconds = Setting(
        "limits.headerSeconds", .integer(1...3600), "\(server.headerSeconds)", "Seconds for a request line and headers to arrive.")
    package static let idleSeconds = Setting(
        "limits.idleSeconds", .integer(1...86_400), "\(server.idleSeconds)", "Seconds of silence after which a connection is closed.")
    package static let viewSeconds = Setting(
        "answers.wait", .integer(1...3600), "\(server.viewSeconds)", "Seconds for a view to reach the position asked for.")
    package static let slowSeconds = Setting(
        "answers.slow", .integer(0...3600), "1", "Seconds from which an answer is slow, and logged with its plan.")
    package static let followerSeconds = Setting(
        "follow.patience", .integer(1...3600), "\(server.followerSeconds)", "Seconds for who follows to take what was sent.")
    package static let followerBytes = Setting(
        "follow.bytes", .integer(1024...(16 << 20)), "\(server.followerPageBytes)", "Bytes of events on the way to who follows.")
    package static let heartbeatSeconds = Setting(
        "follow.heartbeat", .integer(1...3600), "\(server.heartbeatSeconds)", "Seconds between signs of life to those who follow.")
    package static let graceSeconds = Setting(
        "limits.graceSeconds", .integer(0...600), "\(server.graceSeconds)", "Seconds for requests to finish when the daemon stops.")
    package static let dataBytes = Setting(
        "limits.dataBytes", .integer(1024...(1 << 20)), "\(interface.event.data)", "Bytes of the data of an event.")
    package static let arrayEvents = Setting(
        "limits.arrayEvents", .integer(1...100_000), "\(interface.arrayEvents)", "Events in an array.")
    package static let arrayBytes = Setting(
        "limits.arrayBytes", .integer(1024...(64 << 20)), "\(interface.arrayBytes)", "Bytes of an array.")

    package static let quarantine = Setting(
        "quarantine", .list, "", "Sources whose events are stored although their data breaks the schema of its type.")

    /// All of them, in the order in which they are shown.
    package static let all = [
        data, socket, socketGroup, logLevel, quota, epochBytes, epochAge, identityTail, encrypt, keyFile, emit, ask, administer,
        connections,
        connectionsOfUser, headerBytes, headerSeconds, idleSeconds, viewSeconds, heartbeatSeconds, graceSeconds, dataBytes, arrayEvents,
        arrayBytes, slowSeconds, followerSeconds, followerBytes, quarantine,
    ]

    private static let logOptions = EventLog.Options()
    private static let server = JourneyServer.Options()
    private static let interface = ControlInterface.Limits()
}
