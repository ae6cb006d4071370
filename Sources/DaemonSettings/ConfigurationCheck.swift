internal import EventLog
internal import Glibc

extension DaemonConfiguration {
    /// What of the system would keep a daemon with this configuration from starting. Changes nothing.
    ///
    /// The configuration itself is sound when there is one; here is looked at what it names.
    package func systemFaults() -> [String] {
        [dataFault, socketFault, keyFault].compactMap(\.self)
    }

    private var dataFault: String? {
        var status = stat()
        guard unsafe stat(data, &status) == 0 else {
            return "data: \(data) is not there, and cannot be made: ".followed(by: DaemonConfiguration.directoryFault(above: data))
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { return "data: \(data) is not a directory" }
        guard unsafe Glibc.access(data, R_OK | W_OK | X_OK) == 0 else { return "data: \(data) cannot be written by user \(geteuid())" }
        return nil
    }

    private var socketFault: String? {
        "socket: \(socket) cannot be made: ".followed(by: DaemonConfiguration.directoryFault(above: socket))
    }

    private var keyFault: String? {
        // The key of the default place is made where it is missing.
        guard let path = log.keyFile ?? DaemonConfiguration.existing(data + "/key") else { return nil }
        return EventLog.fault(ofKeyFile: path).map { "log.keyFile: \($0)" }
    }

    private static func existing(_ path: String) -> String? {
        unsafe Glibc.access(path, F_OK) == 0 ? path : nil
    }

    private static func directoryFault(above path: String) -> String? {
        let parent = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard unsafe Glibc.access(parent, F_OK) == 0 else { return "the directory \(parent) is not there" }
        return unsafe Glibc.access(parent, W_OK | X_OK) == 0 ? nil : "the directory \(parent) cannot be written by user \(geteuid())"
    }
}

extension String {
    /// This, and the rest behind it, if there is one.
    fileprivate func followed(by rest: String?) -> String? { rest.map { self + $0 } }
}
